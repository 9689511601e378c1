import { slice_util, util, type StridedSliceAttrs, type TensorInfo } from '@tensorflow/tfjs-core';
import { copyStrided, rowMajorStrides, type Padding } from '../kernels/copy.ts';
import { fill } from '../kernels/fill.ts';
import type { XBackend } from './backend.ts';
import { constant, wordOf } from './constant.ts';
import { elementWidth } from './element-width.ts';
import type { BackendKernel, Beneath, KernelCall } from './kernel.ts';

interface Layout {
  readonly sizes: readonly number[];
  readonly stridesIn: readonly number[];
  readonly stridesOut: readonly number[];
  /** Elements from a tensor's start to where the copy begins. */
  readonly skipIn?: number;
  readonly skipOut?: number;
  readonly padding?: Padding;
}

/** Copies into `output`, or, where it has too many axes for the kernel, leaves the call to tfjs's kernel. */
function copied(call: KernelCall, beneath: Beneath, x: TensorInfo, output: TensorInfo, layout: Layout): ReturnType<Beneath> {
  const { backend } = call;
  const width = elementWidth(x);
  const { skipIn = 0, skipOut = 0 } = layout;
  const from = backend.address(x) + skipIn * width;
  if (copyStrided(backend.kernels, { x: from, to: backend.address(output) + skipOut * width, width, ...layout })) return output;
  backend.disposeData(output.dataId);
  return beneath(call);
}

function offset(strides: readonly number[], indices: readonly number[]): number {
  return strides.reduce((sum, stride, axis) => sum + stride * (indices[axis] as number), 0);
}

/** A kernel that copies `x`, of types the heap holds. */
function copyKernel(
  name: string,
  run: (call: KernelCall, beneath: Beneath, x: TensorInfo, backend: XBackend) => ReturnType<Beneath>,
): BackendKernel {
  return {
    name,
    run: (call, beneath) => {
      const x = call.inputs['x'] as TensorInfo;
      return elementWidth(x) === 0 ? beneath(call) : run(call, beneath, x, call.backend);
    },
  };
}

const slice = copyKernel('Slice', (call, beneath, x, backend) => {
  const { begin, size } = call.attrs as { begin: number[]; size: number[] };
  const [from, shape] = slice_util.parseSliceParams(x as never, begin, size) as [number[], number[]];
  slice_util.assertParamsValid(x as never, from, shape);
  if (util.arraysEqual(shape, x.shape)) return backend.share(x, x.shape);
  const stridesIn = rowMajorStrides(x.shape);
  const output = backend.makeOutput(shape, x.dtype);
  return copied(call, beneath, x, output, { sizes: shape, stridesIn, stridesOut: rowMajorStrides(shape), skipIn: offset(stridesIn, from) });
});

/** tfjs's kernels mistake axes after one that is dropped, and give floats where nothing is left. */
const stridedSlice = copyKernel('StridedSlice', (call, beneath, x, backend) => {
  const masks = call.attrs as unknown as StridedSliceAttrs;
  const { begin, end, strides, finalShape } = slice_util.sliceInfo(
    x.shape,
    masks.begin,
    masks.end,
    masks.strides,
    masks.beginMask,
    masks.endMask,
    masks.ellipsisMask,
    masks.newAxisMask,
    masks.shrinkAxisMask,
  );
  const sizes = x.shape.map((_, axis) =>
    Math.max(0, Math.ceil(((end[axis] as number) - (begin[axis] as number)) / (strides[axis] as number))),
  );
  const own = rowMajorStrides(x.shape);
  return copied(call, beneath, x, backend.makeOutput(finalShape, x.dtype), {
    sizes,
    stridesIn: own.map((stride, axis) => stride * (strides[axis] as number)),
    stridesOut: rowMajorStrides(sizes),
    skipIn: offset(own, begin),
  });
});

/** Elements up to which filling the whole output takes less than several calls that fill what is around the copy. */
const FILLED_WHOLE = 16384;
/** Axes that copies surely have no more of than they can take. */
const MOST_AXES = 6;

/** Fills the padding of all axes but the last: each axis' part before and after the copy, over what the copy has of the axes outside and all of those inside. */
function fillAround(
  backend: XBackend,
  output: TensorInfo,
  x: TensorInfo,
  paddings: readonly [number, number][],
  strides: readonly number[],
  value: number,
): void {
  const { kernels } = backend;
  const width = elementWidth(x);
  const one = constant(backend, [1], x.dtype, value);
  const from = backend.address(one);
  const still = strides.map(() => 0);
  // Elements from the output's start to the copy's beginning along the axes so far.
  let skip = 0;
  for (let axis = 0; axis < paddings.length - 1; axis++) {
    const [before, after] = paddings[axis] as [number, number];
    const stride = strides[axis] as number;
    const own = x.shape[axis] as number;
    const sizes = output.shape.map((size, other) => (other < axis ? (x.shape[other] as number) : size));
    const isRun = sizes.slice(0, axis).every((size) => size === 1);
    for (const [begin, count] of [
      [0, before],
      [before + own, after],
    ] as const) {
      const to = backend.address(output) + (skip + begin * stride) * width;
      sizes[axis] = count;
      if (isRun) fill(kernels, to, count * stride * width, wordOf(value, x.dtype));
      else copyStrided(kernels, { x: from, to, sizes, stridesIn: still, stridesOut: strides, width });
    }
    skip += before * stride;
  }
  backend.disposeData(one.dataId);
}

const pad = copyKernel('PadV2', (call, beneath, x, backend) => {
  const { paddings, constantValue } = call.attrs as unknown as { paddings: [number, number][]; constantValue: number };
  if (paddings.some(([before, after]) => before < 0 || after < 0)) return beneath(call);
  const shape = paddings.map(([before, after], axis) => before + (x.shape[axis] as number) + after);
  if (util.arraysEqual(shape, x.shape)) return backend.share(x, x.shape);
  const stridesOut = rowMajorStrides(shape);
  const large = util.sizeFromShape(shape) > FILLED_WHOLE && util.sizeFromShape(x.shape) > 0 && shape.length <= MOST_AXES;
  const output = large ? backend.makeOutput(shape, x.dtype) : constant(backend, shape, x.dtype, constantValue);
  if (large) fillAround(backend, output, x, paddings, stridesOut, constantValue);
  const skipOut = offset(
    stridesOut,
    paddings.map(([before]) => before),
  );
  const [before, after] = paddings.at(-1) ?? [0, 0];
  return copied(call, beneath, x, output, {
    sizes: x.shape,
    stridesIn: rowMajorStrides(x.shape),
    stridesOut,
    skipOut,
    ...(large && { padding: { before, after, word: wordOf(constantValue, x.dtype) } }),
  });
});

const tile = copyKernel('Tile', (call, beneath, x, backend) => {
  const { reps } = call.attrs as { reps: number[] };
  const shape = x.shape.map((size, axis) => size * (reps[axis] as number));
  if (util.arraysEqual(shape, x.shape)) return backend.share(x, x.shape);
  const [own, out] = [rowMajorStrides(x.shape), rowMajorStrides(shape)];
  // Each axis twice: the repetitions, then the values.
  return copied(call, beneath, x, backend.makeOutput(shape, x.dtype), {
    sizes: x.shape.flatMap((size, axis) => [reps[axis] as number, size]),
    stridesIn: own.flatMap((stride) => [0, stride]),
    stridesOut: out.flatMap((stride, axis) => [stride * (x.shape[axis] as number), stride]),
  });
});

const reverse = copyKernel('Reverse', (call, beneath, x, backend) => {
  const axes = util.parseAxisParam((call.attrs as { dims: number | number[] }).dims, x.shape);
  if (x.shape.length === 0 || axes.length === 0) return backend.share(x, x.shape);
  const strides = rowMajorStrides(x.shape);
  return copied(call, beneath, x, backend.makeOutput(x.shape, x.dtype), {
    sizes: x.shape,
    stridesIn: strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride)),
    stridesOut: strides,
    skipIn: offset(
      strides,
      x.shape.map((size, axis) => (axes.includes(axis) ? size - 1 : 0)),
    ),
  });
});

export const stridedKernels: readonly BackendKernel[] = [slice, stridedSlice, pad, tile, reverse];
