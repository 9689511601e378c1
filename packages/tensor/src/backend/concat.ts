import { backend_util, util, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import { copyRows } from '../kernels/copy.ts';
import type { XBackend } from './backend.ts';
import { elementWidth } from './element-width.ts';
import type { BackendKernel } from './kernel.ts';

/** Puts each part, seen as [outer, sizes[i]], beside the last one into a new tensor of `shape`. */
function beside(backend: XBackend, parts: readonly TensorInfo[], outer: number, sizes: readonly number[], shape: number[]): TensorInfo {
  const first = parts[0] as TensorInfo;
  const output = backend.makeOutput(shape, first.dtype);
  const width = elementWidth(first);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let to = backend.address(output);
  for (const [index, part] of parts.entries()) {
    const size = sizes[index] as number;
    const bytes = size * width;
    copyRows(backend.kernels, { x: backend.address(part), to, rows: outer, bytes, stepIn: bytes, stepOut: total * width });
    to += bytes;
  }
  return output;
}

const listed = (inputs: object): TensorInfo[] => Object.values(inputs) as TensorInfo[];

/** Whether all tensors are of one type that the heap holds. */
function uniform(tensors: readonly TensorInfo[]): boolean {
  return tensors.every((tensor) => tensor.dtype === tensors[0]?.dtype && elementWidth(tensor) > 0);
}

const concat: BackendKernel = {
  name: 'Concat',
  run: (call, beneath) => {
    const all = listed(call.inputs);
    if (!uniform(all)) return beneath(call);
    const { backend } = call;
    const axis = util.parseAxisParam((call.attrs as { axis: number }).axis, (all[0] as TensorInfo).shape)[0] as number;
    const shapes = all.map(({ shape }) => shape);
    backend_util.assertParamsConsistent(shapes, axis);
    const shape = backend_util.computeOutShape(shapes, axis);
    const parts = all.filter((part) => util.sizeFromShape(part.shape) > 0);
    if (parts.length === 0) return backend.makeOutput(shape, (all[0] as TensorInfo).dtype);
    if (parts.length === 1) return backend.share(parts[0] as TensorInfo, shape);
    const sizes = parts.map((part) => util.sizeFromShape(part.shape.slice(axis)));
    return beside(backend, parts, util.sizeFromShape(shape.slice(0, axis)), sizes, shape);
  },
};

/** Stacks tensors of one shape along a new axis. */
const pack: BackendKernel = {
  name: 'Pack',
  run: (call, beneath) => {
    const parts = listed(call.inputs);
    const { shape } = parts[0] as TensorInfo;
    for (const part of parts) util.assertShapesMatch(shape, part.shape, 'All tensors passed to stack must have matching shapes: ');
    if (!uniform(parts)) return beneath(call);
    const given = (call.attrs as { axis: number }).axis;
    const axis = given < 0 ? given + shape.length + 1 : given;
    const size = util.sizeFromShape(shape.slice(axis));
    const packed = [...shape.slice(0, axis), parts.length, ...shape.slice(axis)];
    return beside(
      call.backend,
      parts,
      util.sizeFromShape(shape.slice(0, axis)),
      parts.map(() => size),
      packed,
    );
  },
};

/** Takes `value`, seen as [outer, the sum of sizes], apart into tensors [outer, sizes[i]] of the given shapes. */
function apart(backend: XBackend, value: TensorInfo, outer: number, sizes: readonly number[], shapes: readonly number[][]): TensorInfo[] {
  const width = elementWidth(value);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let before = 0;
  return sizes.map((size, index) => {
    const output = backend.makeOutput(shapes[index] as number[], value.dtype);
    const bytes = size * width;
    const x = backend.address(value) + before * width;
    copyRows(backend.kernels, { x, to: backend.address(output), rows: outer, bytes, stepIn: total * width, stepOut: bytes });
    before += size;
    return output;
  });
}

/** Takes a tensor apart along an axis, which is no more. */
const unpack: BackendKernel = {
  name: 'Unpack',
  run: (call, beneath) => {
    const value = call.inputs['value'] as TensorInfo;
    if (elementWidth(value) === 0) return beneath(call);
    const given = (call.attrs as { axis: number }).axis;
    const axis = given < 0 ? given + value.shape.length : given;
    const shape = [...value.shape.slice(0, axis), ...value.shape.slice(axis + 1)];
    const size = util.sizeFromShape(value.shape.slice(axis + 1));
    const shapes = Array.from({ length: value.shape[axis] as number }, () => [...shape]);
    const outer = util.sizeFromShape(value.shape.slice(0, axis));
    return apart(
      call.backend,
      value,
      outer,
      shapes.map(() => size),
      shapes,
    );
  },
};

/** Takes a tensor apart along an axis into parts of some sizes. */
const splitV: BackendKernel = {
  name: 'SplitV',
  run: (call, beneath) => {
    const value = call.inputs['x'] as TensorInfo;
    if (elementWidth(value) === 0) return beneath(call);
    const { numOrSizeSplits, axis: given } = call.attrs as { numOrSizeSplits: number | number[]; axis: number };
    const axis = util.parseAxisParam(given, value.shape)[0] as number;
    const counts = backend_util.prepareSplitSize(value as Tensor, numOrSizeSplits, axis);
    const shapes = counts.map((count) => value.shape.map((size, index) => (index === axis ? count : size)));
    const size = util.sizeFromShape(value.shape.slice(axis + 1));
    const sizes = counts.map((count) => count * size);
    return apart(call.backend, value, util.sizeFromShape(value.shape.slice(0, axis)), sizes, shapes);
  },
};

export const concatKernels: readonly BackendKernel[] = [concat, pack, unpack, splitV];
