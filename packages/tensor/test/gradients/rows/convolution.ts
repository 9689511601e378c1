import * as tf from '@tensorflow/tfjs-core';
import { any, distinct, uniform } from '../row.ts';
import type { Row } from '../row.ts';

type Pads = 'valid' | 'same' | number;
type Image = tf.Tensor4D;
type Volume = tf.Tensor5D;

const X2 = [2, 5, 4, 2];
const F2 = [3, 2, 2, 2];
const geometry: [number | [number, number], Pads, number | [number, number]][] = [
  [1, 'valid', 1],
  [1, 'same', 1],
  [2, 'valid', 1],
  [2, 'same', 1],
  [[2, 1], 'same', 1],
  [1, 1, 1],
  [1, 'valid', 2],
  [1, 'same', 2],
  [1, 'same', [2, 1]],
  [1, 'valid', [1, 3]],
];

const describe = (strides: unknown, pad: unknown, dilations: unknown): string =>
  `strides ${JSON.stringify(strides)}, pad ${JSON.stringify(pad)}, dilations ${JSON.stringify(dilations)}`;

const explicit: [[number, number], [number, number], [number, number], [number, number]] = [
  [0, 0],
  [1, 2],
  [0, 1],
  [0, 0],
];

export const convolutionRows: Row[] = [
  ...geometry.map(([strides, pad, dilations]): Row => ({
    kernel: tf.Conv2D,
    name: describe(strides, pad, dilations),
    inputs: [any(X2, 1), any(F2, 2)],
    op: (x, f) => tf.conv2d(x as Image, f as Image, strides, pad, 'NHWC', dilations),
  })),
  {
    kernel: tf.Conv2D,
    name: 'explicit pads',
    inputs: [any([1, 4, 4, 1], 1), any([2, 2, 1, 2], 2)],
    op: (x, f) => tf.conv2d(x as Image, f as Image, 1, explicit),
  },
  {
    kernel: tf.Conv2D,
    name: 'explicit pads, dilated',
    inputs: [any([1, 4, 4, 1], 1), any([2, 2, 1, 2], 2)],
    op: (x, f) => tf.conv2d(x as Image, f as Image, 1, explicit, 'NHWC', 2),
  },
  {
    kernel: tf.Conv2D,
    name: 'rounding of the output size',
    inputs: [any([1, 4, 4, 1], 1), any([3, 3, 1, 1], 2)],
    op: (x, f) => tf.conv2d(x as Image, f as Image, 2, 1, 'NHWC', 1, 'floor'),
  },
  ...[1, 2].map((dilations): Row => ({
    kernel: tf.Conv2D,
    name: `NCHW, dilations ${dilations}`,
    inputs: [any([2, 2, 5, 4], 1), any(F2, 2)],
    op: (x, f) => tf.conv2d(x as Image, f as Image, 1, 'same', 'NCHW', dilations),
  })),
  {
    kernel: tf.Conv2D,
    name: 'one image',
    inputs: [any([4, 4, 2]), any(F2, 2)],
    op: (x, f) => tf.conv2d(x as tf.Tensor3D, f as Image, 1, 'same'),
  },
  {
    kernel: tf.Conv2D,
    name: 'conv1d',
    inputs: [any([2, 5, 2]), any([3, 2, 2], 2)],
    op: (x, f) => tf.conv1d(x as tf.Tensor3D, f as tf.Tensor3D, 2, 'same'),
  },
  ...(
    [
      [1, 'valid', [1, 5, 4, 2]],
      [2, 'same', [1, 6, 5, 2]],
      [2, 'valid', [1, 7, 6, 2]],
    ] as [number, 'valid' | 'same', [number, number, number, number]][]
  ).map(([strides, pad, outputShape]): Row => ({
    kernel: tf.Conv2DBackpropInput,
    name: describe(strides, pad, 1),
    inputs: [any([1, 3, 3, 2], 1), any([3, 2, 2, 2], 2)],
    op: (x, f) => tf.conv2dTranspose(x as Image, f as Image, outputShape, strides, pad),
  })),
  {
    kernel: tf.Conv2DBackpropFilter,
    name: 'gradient of a gradient',
    inputs: [any([1, 4, 4, 2], 1), any([1, 2, 2, 3], 2)],
    op: (x, dy) =>
      tf
        .engine()
        .runKernel(
          tf.Conv2DBackpropFilter,
          { x, dy },
          { strides: [2, 2], pad: 'same', dataFormat: 'NHWC', filterShape: [3, 3, 2, 3] },
        ) as tf.Tensor,
  },
  ...(
    [
      [1, 'valid', 1],
      [1, 'same', 1],
      [2, 'same', 1],
      [1, 'same', 2],
      [1, 'valid', [1, 2, 1]],
    ] as [number, 'valid' | 'same', number | [number, number, number]][]
  ).map(([strides, pad, dilations]): Row => ({
    kernel: tf.Conv3D,
    name: describe(strides, pad, dilations),
    inputs: [any([1, 3, 4, 3, 1], 1), any([2, 2, 2, 1, 2], 2)],
    op: (x, f) => tf.conv3d(x as Volume, f as tf.Tensor5D, strides, pad, 'NDHWC', dilations),
  })),
  {
    kernel: tf.Conv3DBackpropInputV2,
    name: 'conv3dTranspose',
    inputs: [any([1, 2, 2, 2, 1], 1), any([2, 2, 2, 2, 1], 2)],
    op: (x, f) => tf.conv3dTranspose(x as Volume, f as tf.Tensor5D, [1, 4, 4, 3, 2], 2, 'same'),
  },
  ...geometry
    .map(([strides, pad, dilations]): Row => ({
      kernel: tf.DepthwiseConv2dNative,
      name: describe(strides, pad, dilations),
      inputs: [any(X2, 1), any([3, 2, 2, 2], 2)],
      op: (x, f) => tf.depthwiseConv2d(x as Image, f as Image, strides, pad, 'NHWC', dilations),
    }))
    .filter(({ name }) => !name.includes('[2,1], pad')),
  ...(
    [
      [1, 'valid', 1],
      [1, 'same', 1],
      [2, 'same', 1],
      [1, 'same', 2],
    ] as [number, 'valid' | 'same', number][]
  ).map(([strides, pad, dilations]): Row => ({
    kernel: tf.Dilation2D,
    name: describe(strides, pad, dilations),
    inputs: [distinct([1, 4, 4, 2], 1), uniform([2, 2, 2], 0, 0.015)],
    op: (x, f) => tf.dilation2d(x as Image, f as tf.Tensor3D, strides, pad, dilations),
  })),
];
