import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor3D, Tensor4D, Tensor5D } from '@tensorflow/tfjs-core';
import { afterAll, expect, test } from 'vitest';
import { disable, enable } from '../../src/index.ts';
import { expectAsOnCpu } from './against-cpu.ts';

afterAll(disable);

const ramp = <T extends Tensor>(...shape: number[]): T =>
  tf.reshape(tf.tensor1d(Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => (((i * 13) % 29) - 14) / 4)), shape) as T;
const run = (kernel: string, inputs: tf.NamedTensorMap, attributes: object): Tensor =>
  tf.engine().runKernel(kernel, inputs, attributes as tf.NamedAttrMap);

const fusedGeometry = { strides: 1, pad: 'same' } as const;

const operations: Readonly<Record<string, () => Tensor | Tensor[]>> = {
  conv2d: () => tf.conv2d(ramp<Tensor4D>(2, 6, 7, 3), ramp<Tensor4D>(3, 3, 3, 5), 1, 'same'),
  'conv2d, strided and dilated': () => [
    tf.conv2d(ramp<Tensor4D>(2, 9, 8, 3), ramp<Tensor4D>(3, 2, 3, 4), [2, 1], 'valid'),
    tf.conv2d(ramp<Tensor4D>(2, 9, 8, 3), ramp<Tensor4D>(3, 2, 3, 4), 1, 'same', 'NHWC', [2, 3]),
  ],
  'conv2d, explicit padding': () =>
    tf.conv2d(ramp<Tensor4D>(1, 4, 4, 2), ramp<Tensor4D>(2, 3, 2, 4), 1, [
      [0, 0],
      [1, 2],
      [0, 1],
      [0, 0],
    ]),
  'conv2d, channels first': () => tf.conv2d(ramp<Tensor4D>(2, 3, 6, 7), ramp<Tensor4D>(3, 3, 3, 5), 2, 'same', 'NCHW'),
  'conv2d, 1x1': () => tf.conv2d(ramp<Tensor4D>(1, 3, 3, 8), ramp<Tensor4D>(1, 1, 8, 40), 1, 'valid'),
  conv1d: () => tf.conv1d(ramp<Tensor3D>(2, 9, 4), ramp<Tensor3D>(3, 4, 5), 2, 'same'),
  conv2dTranspose: () => tf.conv2dTranspose(ramp<Tensor4D>(2, 3, 4, 5), ramp<Tensor4D>(3, 3, 2, 5), [2, 6, 8, 2], 2, 'same'),
  conv3d: () => tf.conv3d(ramp<Tensor5D>(1, 4, 5, 6, 2), ramp<Tensor5D>(2, 3, 2, 2, 3), [1, 2, 1], 'same'),
  ...Object.fromEntries(
    (['linear', 'relu', 'relu6', 'leakyrelu', 'elu', 'sigmoid', 'prelu'] as const).map((activation) => [
      `fused conv2d, ${activation}`,
      () => {
        const alpha = activation === 'prelu' ? { preluActivationWeights: ramp<Tensor>(5) } : {};
        return tf.fused.conv2d({
          ...fusedGeometry,
          ...alpha,
          x: ramp<Tensor4D>(2, 4, 4, 3),
          filter: ramp<Tensor4D>(2, 2, 3, 5),
          bias: ramp(5),
          activation,
          leakyreluAlpha: 0.1,
        });
      },
    ]),
  ),
  'fused conv2d, bias of one value': () =>
    tf.fused.conv2d({
      ...fusedGeometry,
      x: ramp<Tensor4D>(2, 4, 4, 3),
      filter: ramp<Tensor4D>(2, 2, 3, 5),
      bias: tf.scalar(3),
      activation: 'relu',
    }),
  'gradients of conv2d, strided': () => [
    run(
      'Conv2DBackpropInput',
      { dy: ramp(2, 4, 4, 5), filter: ramp(3, 3, 2, 5) },
      { strides: 2, pad: 'same', dataFormat: 'NHWC', inputShape: [2, 8, 7, 2] },
    ),
    run(
      'Conv2DBackpropFilter',
      { x: ramp(2, 8, 7, 2), dy: ramp(2, 4, 4, 5) },
      { strides: 2, pad: 'same', dataFormat: 'NHWC', filterShape: [3, 3, 2, 5] },
    ),
  ],
  'gradients of conv2d, channels first': () => [
    run(
      'Conv2DBackpropInput',
      { dy: ramp(2, 5, 4, 4), filter: ramp(3, 3, 2, 5) },
      { strides: 2, pad: 'same', dataFormat: 'NCHW', inputShape: [2, 2, 8, 7] },
    ),
    run(
      'Conv2DBackpropFilter',
      { x: ramp(2, 2, 8, 7), dy: ramp(2, 5, 4, 4) },
      { strides: 2, pad: 'same', dataFormat: 'NCHW', filterShape: [3, 3, 2, 5] },
    ),
  ],
  'gradients of conv3d': () => [
    run(
      'Conv3DBackpropInputV2',
      { dy: ramp(1, 3, 5, 2, 2), filter: ramp(2, 1, 2, 3, 2) },
      { strides: [2, 1, 2], pad: 'same', inputShape: [1, 6, 5, 4, 3] },
    ),
    run(
      'Conv3DBackpropFilterV2',
      { x: ramp(1, 6, 5, 4, 3), dy: ramp(1, 3, 5, 2, 2) },
      { strides: [2, 1, 2], pad: 'same', filterShape: [2, 1, 2, 3, 2] },
    ),
  ],
  depthwiseConv2d: () => [
    tf.depthwiseConv2d(ramp<Tensor4D>(2, 6, 7, 3), ramp<Tensor4D>(3, 2, 3, 1), 1, 'same'),
    tf.depthwiseConv2d(ramp<Tensor4D>(2, 6, 7, 3), ramp<Tensor4D>(3, 2, 3, 2), 2, 'valid'),
    tf.depthwiseConv2d(ramp<Tensor4D>(2, 6, 7, 12), ramp<Tensor4D>(2, 3, 12, 1), 1, 'same', 'NHWC', 2),
  ],
  'fused depthwiseConv2d': () => [
    tf.fused.depthwiseConv2d({
      ...fusedGeometry,
      x: ramp<Tensor4D>(2, 5, 5, 4),
      filter: ramp<Tensor4D>(3, 3, 4, 1),
      bias: ramp(4),
      activation: 'relu6',
    }),
    tf.fused.depthwiseConv2d({
      ...fusedGeometry,
      x: ramp<Tensor4D>(2, 5, 5, 4),
      filter: ramp<Tensor4D>(3, 3, 4, 2),
      bias: ramp(8),
      activation: 'elu',
    }),
  ],
  'gradients of depthwiseConv2d': () =>
    [1, 3].flatMap((multiplier) => {
      const filter = [3, 2, 4, multiplier];
      const attributes = { strides: 2, pad: 'same', dimRoundingMode: null, dilations: 1 };
      return [
        run(
          'DepthwiseConv2dNativeBackpropInput',
          { dy: ramp(2, 3, 4, 4 * multiplier), filter: ramp(...filter) },
          { ...attributes, inputShape: [2, 6, 7, 4] },
        ),
        run(
          'DepthwiseConv2dNativeBackpropFilter',
          { x: ramp(2, 6, 7, 4), dy: ramp(2, 3, 4, 4 * multiplier) },
          { ...attributes, filterShape: filter },
        ),
      ];
    }),
  separableConv2d: () => tf.separableConv2d(ramp<Tensor4D>(1, 5, 5, 3), ramp<Tensor4D>(2, 2, 3, 2), ramp<Tensor4D>(1, 1, 6, 4), 1, 'same'),
};

test.for(Object.keys(operations))('%s: as on the cpu backend', (name) => expectAsOnCpu(operations[name] as () => Tensor, 1e-5, 1e-4));

test('a convolution of no images is empty', async () => {
  await enable();
  const y = tf.conv2d(tf.tensor4d([], [0, 4, 4, 2]), ramp<Tensor4D>(2, 2, 2, 3), 1, 'valid');
  expect(y.shape).toEqual([0, 3, 3, 3]);
  y.dispose();
});

test('windows of more taps than a call has room for arguments: convolved, or refused by depthwise convolutions, which list them', async () => {
  await enable({ threads: 2 });
  const size = 400;
  const image = Float32Array.from({ length: (size + 1) ** 2 }, (_, i) => (i * 7919) % 3);
  const filter = Float32Array.from({ length: size ** 2 }, (_, i) => (i * 104_729) % 2);
  const [x, f] = [tf.tensor4d(image, [1, size + 1, size + 1, 1]), tf.tensor4d(filter, [size, size, 1, 1])];
  // Small integers, so that every sum is exact.
  const expected = [0, 1, size + 1, size + 2].map((first) =>
    filter.reduce((sum, value, i) => sum + value * image[first + Math.floor(i / size) * (size + 1) + (i % size)]!, 0),
  );
  const before = tf.memory().numTensors;
  const y = tf.conv2d(x, f, 1, 'valid');
  expect([...y.dataSync()]).toEqual(expected);
  y.dispose();
  expect(() => tf.depthwiseConv2d(x, f, 1, 'valid')).toThrow(/window of 160000 taps .* split the window/);
  expect(tf.memory().numTensors).toBe(before);
  tf.dispose([x, f]);
});
