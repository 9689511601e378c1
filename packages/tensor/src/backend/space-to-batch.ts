import { backend_util, getKernel, util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { BackendKernel, KernelCall } from './kernel.ts';

type Step = readonly [kernel: string, attributes: object];

/** A kernel that is others one after another. */
function inSteps<Attributes>(name: string, stepsOf: (shape: number[], attributes: Attributes) => readonly Step[]): BackendKernel {
  return {
    name,
    run: ({ inputs, attrs, backend }) => {
      const given = inputs['x'] as TensorInfo;
      let x = backend.share(given, given.shape);
      for (const [kernel, attributes] of stepsOf(given.shape, attrs as Attributes)) {
        const call = { inputs: { x }, attrs: attributes, backend } as unknown as KernelCall & { inputs: { x: TensorInfo } };
        try {
          x = getKernel(kernel, 'x')?.kernelFunc(call as never) as TensorInfo;
        } finally {
          backend.disposeData(call.inputs.x.dataId);
        }
      }
      return x;
    },
  };
}

interface Blocks {
  readonly blockShape: number[];
}

/** Moves between the axes of a tensor: padding, cutting and transposing. tfjs composes them of its own kernels, which take far longer. */
export const spaceToBatchKernels: readonly BackendKernel[] = [
  inSteps<{ blockSize: number; dataFormat: 'NHWC' | 'NCHW' }>('DepthToSpace', (shape, { blockSize: s, dataFormat }) => {
    const last = dataFormat === 'NHWC';
    const [batch, h, w, depth] = (last ? shape : [shape[0], shape[2], shape[3], shape[1]]) as [number, number, number, number];
    const c = depth / (s * s);
    return [
      ['Reshape', { shape: last ? [batch, h, w, s, s, c] : [batch, s, s, c, h, w] }],
      ['Transpose', { perm: last ? [0, 1, 3, 2, 4, 5] : [0, 3, 4, 1, 5, 2] }],
      ['Reshape', { shape: last ? [batch, h * s, w * s, c] : [batch, c, h * s, w * s] }],
    ];
  }),
  inSteps<Blocks & { paddings: [number, number][] }>('SpaceToBatchND', (shape, { blockShape, paddings }) => {
    const all = shape.map((_, axis): [number, number] => paddings[axis - 1] ?? [0, 0]);
    const padded = shape.map((size, axis) => size + (all[axis] as [number, number])[0] + (all[axis] as [number, number])[1]);
    const size = util.sizeFromShape(blockShape);
    const reshaped = backend_util.getReshaped(padded, blockShape, size, false);
    return [
      ['PadV2', { paddings: all, constantValue: 0 }],
      ['Reshape', { shape: reshaped }],
      ['Transpose', { perm: backend_util.getPermuted(reshaped.length, blockShape.length, false) }],
      ['Reshape', { shape: backend_util.getReshapedPermuted(padded, blockShape, size, false) }],
    ];
  }),
  inSteps<Blocks & { crops: number[][] }>('BatchToSpaceND', (shape, { blockShape, crops }) => {
    const size = util.sizeFromShape(blockShape);
    const reshaped = backend_util.getReshaped(shape, blockShape, size);
    const whole = backend_util.getReshapedPermuted(shape, blockShape, size);
    const dimensions = blockShape.length;
    return [
      ['Reshape', { shape: reshaped }],
      ['Transpose', { perm: backend_util.getPermuted(reshaped.length, dimensions) }],
      ['Reshape', { shape: whole }],
      [
        'Slice',
        {
          begin: backend_util.getSliceBeginCoords(crops, dimensions),
          size: backend_util.getSliceSize(whole, crops, dimensions),
        },
      ],
    ];
  }),
];
