import { backend_util, util, type TensorInfo } from '@tensorflow/tfjs-core';
import { argExtremum } from '../kernels/arg-extremum.ts';
import { reduce, type Reduction } from '../kernels/reduce.ts';
import type { XBackend } from './backend.ts';
import { castTensor } from './cast.ts';
import { constant } from './constant.ts';
import type { BackendKernel } from './kernel.ts';

interface ReduceAttributes {
  readonly axis?: number | number[];
  readonly reductionIndices?: number | number[];
  readonly keepDims?: boolean;
}

/** A reduction over some axes, or over all; a mean divides by how many elements each result is of. */
function reduceTensor(
  backend: XBackend,
  reduction: Reduction,
  empty: number,
  x: TensorInfo,
  attributes: ReduceAttributes,
  mean = false,
): TensorInfo {
  const axes = util.parseAxisParam((attributes.axis ?? attributes.reductionIndices) as number[], x.shape);
  const [shape, reduced] = backend_util.computeOutAndReduceShapes(x.shape, axes);
  const outputShape = attributes.keepDims ? backend_util.expandShapeToKeepDim(shape, axes) : shape;
  if (util.sizeFromShape(x.shape) === 0) return constant(backend, outputShape, x.dtype, empty);
  const count = util.sizeFromShape(reduced);
  if (count === 1) return backend.share(x, outputShape);
  const output = backend.makeOutput(outputShape, x.dtype);
  const divisor = mean ? count : 1;
  reduce(backend.kernels, reduction, backend.address(x), backend.address(output), x.shape, (axis) => axes.includes(axis), divisor);
  return output;
}

/** A tfjs kernel that reduces; types that have no kernel of ours are left to tfjs's. */
function reduceBackendKernel(name: string, empty: number, float32: Reduction, int32?: Reduction): BackendKernel {
  return {
    name,
    run: (call, beneath) => {
      const x = call.inputs['x'] as TensorInfo;
      const reduction = x.dtype === 'float32' ? float32 : x.dtype === 'int32' ? int32 : undefined;
      return reduction ? reduceTensor(call.backend, reduction, empty, x, call.attrs as ReduceAttributes) : beneath(call);
    },
  };
}

const mean: BackendKernel = {
  name: 'Mean',
  run: ({ inputs, attrs, backend }) => {
    const x = castTensor(backend, inputs['x'] as TensorInfo, 'float32');
    const output = reduceTensor(backend, 'f32_sum', 0, x, attrs as ReduceAttributes, true);
    backend.disposeData(x.dataId);
    return output;
  },
};

function argBackendKernel(name: string, largest: boolean): BackendKernel {
  return {
    name,
    run: (call, beneath) => {
      const x = call.inputs['x'] as TensorInfo;
      const axes = util.parseAxisParam((call.attrs as { axis: number }).axis, x.shape);
      const axis = axes[0] as number;
      if (x.dtype !== 'float32' || axes.length !== 1 || util.sizeFromShape(x.shape) === 0) return beneath(call);
      const { backend } = call;
      const [before, after] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)];
      const output = backend.makeOutput([...before, ...after], 'int32');
      argExtremum(backend.kernels, largest, {
        x: backend.address(x),
        to: backend.address(output),
        outer: util.sizeFromShape(before),
        r: x.shape[axis] as number,
        n: util.sizeFromShape(after),
      });
      return output;
    },
  };
}

/** All or any of no truth values; tfjs's kernels give what lay there before. */
function ofNone(name: string, value: 0 | 1): BackendKernel {
  return {
    name,
    run: (call, beneath) => {
      const x = call.inputs['x'] as TensorInfo;
      if (util.sizeFromShape(x.shape) > 0) return beneath(call);
      const { axis, keepDims } = call.attrs as ReduceAttributes;
      const axes = util.parseAxisParam(axis as number[], x.shape);
      const [shape] = backend_util.computeOutAndReduceShapes(x.shape, axes);
      return constant(call.backend, keepDims ? backend_util.expandShapeToKeepDim(shape, axes) : shape, 'bool', value);
    },
  };
}

export const reduceKernels: readonly BackendKernel[] = [
  reduceBackendKernel('Sum', 0, 'f32_sum', 'i32_sum'),
  reduceBackendKernel('Max', -Infinity, 'f32_max', 'i32_max'),
  reduceBackendKernel('Min', Infinity, 'f32_min', 'i32_min'),
  reduceBackendKernel('Prod', 1, 'f32_product'),
  mean,
  ofNone('All', 1),
  ofNone('Any', 0),
  argBackendKernel('ArgMax', true),
  argBackendKernel('ArgMin', false),
];
