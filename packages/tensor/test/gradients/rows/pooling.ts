import * as tf from '@tensorflow/tfjs-core';
import { any, distinct, uniform } from '../row.ts';
import type { Row } from '../row.ts';

type Image = tf.Tensor4D;
type Volume = tf.Tensor5D;

const windows: [number, number, 'valid' | 'same' | number][] = [
  [2, 2, 'valid'],
  [2, 1, 'valid'],
  [3, 2, 'same'],
  [3, 1, 'same'],
  [2, 2, 1],
];

const normalise = (epsilon: number) => (x: tf.Tensor, mean: tf.Tensor, variance: tf.Tensor, offset?: tf.Tensor, scale?: tf.Tensor) =>
  tf.batchNorm(x, mean as tf.Tensor1D, variance as tf.Tensor1D, offset as tf.Tensor1D, scale as tf.Tensor1D, epsilon);

const sizes: [number, number][] = [
  [6, 8],
  [2, 2],
  [3, 5],
  [1, 1],
];
const centres = [
  { alignCorners: false, halfPixelCenters: false },
  { alignCorners: true, halfPixelCenters: false },
  { alignCorners: false, halfPixelCenters: true },
];

export const poolingRows: Row[] = [
  ...windows.flatMap(([size, strides, pad]): Row[] => {
    const name = `window ${size}, strides ${strides}, pad ${pad}`;
    return [
      { kernel: tf.AvgPool, name, inputs: [any([2, 4, 5, 2])], op: (x) => tf.avgPool(x as Image, size, strides, pad) },
      { kernel: tf.MaxPool, name, inputs: [distinct([2, 4, 5, 2])], op: (x) => tf.maxPool(x as Image, size, strides, pad) },
      { kernel: tf.AvgPool3D, name, inputs: [any([1, 3, 3, 3, 2])], op: (x) => tf.avgPool3d(x as Volume, size, strides, pad) },
      { kernel: tf.MaxPool3D, name, inputs: [distinct([1, 3, 3, 3, 2])], op: (x) => tf.maxPool3d(x as Volume, size, strides, pad) },
    ];
  }),
  {
    kernel: tf.LRN,
    name: 'radius 1',
    inputs: [any([1, 2, 2, 4])],
    op: (x) => tf.localResponseNormalization(x as Image, 1, 1, 0.5, 0.75),
  },
  {
    kernel: tf.FusedBatchNorm,
    name: 'per channel',
    inputs: [any([2, 2, 2, 3]), any([3]), uniform([3], 0.5, 2), any([3], 4), any([3], 5)],
    op: normalise(0.001),
  },
  {
    kernel: tf.FusedBatchNorm,
    name: 'a matrix',
    inputs: [any([4, 3]), any([3]), uniform([3], 0.5, 2), any([3], 4), any([3], 5)],
    op: normalise(0.1),
  },
  {
    kernel: tf.FusedBatchNorm,
    name: "parameters of the image's shape",
    inputs: [any([1, 2, 2, 2]), any([1, 2, 2, 2], 2), uniform([1, 2, 2, 2], 0.5, 2), any([1, 2, 2, 2], 4), any([1, 2, 2, 2], 5)],
    op: normalise(0.01),
  },
  ...sizes.flatMap((size) =>
    centres.flatMap(({ alignCorners, halfPixelCenters }): Row[] => {
      const name = `3x4 to ${size.join('x')}${alignCorners ? ', corners' : ''}${halfPixelCenters ? ', half-pixel centres' : ''}`;
      return [
        {
          kernel: tf.ResizeBilinear,
          name,
          inputs: [any([2, 3, 4, 2])],
          op: (x) => tf.image.resizeBilinear(x as Image, size, alignCorners, halfPixelCenters),
        },
        {
          kernel: tf.ResizeNearestNeighbor,
          name,
          inputs: [any([2, 3, 4, 2])],
          op: (x) => tf.image.resizeNearestNeighbor(x as Image, size, alignCorners, halfPixelCenters),
        },
      ];
    }),
  ),
  {
    kernel: tf.ResizeNearestNeighbor,
    name: 'a centre between two pixels, taken from the first or the second by rounding',
    inputs: [any([1, 2, 4, 1])],
    op: (x) => tf.image.resizeNearestNeighbor(x as Image, [41, 47], false, true),
  },
];
