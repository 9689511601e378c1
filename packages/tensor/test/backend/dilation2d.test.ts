import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { afterAll, expect, test } from 'vitest';
import { disable, enable } from '../../src/index.ts';
import { expectAsOnCpu } from './against-cpu.ts';

afterAll(disable);

const ramp = <T extends Tensor>(...shape: number[]): T =>
  tf.reshape(tf.tensor1d(Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => (((i * 313) % 1009) - 1200) / 64)), shape) as T;
const geometries = [
  { strides: 1, pad: 'valid', dilations: 1 },
  { strides: [2, 1], pad: 'same', dilations: 1 },
  { strides: 1, pad: 'same', dilations: [2, 3] },
] as const;

test.for(geometries)('dilation2d and its gradients, $strides, $pad, $dilations: as on the cpu backend', (attributes) =>
  expectAsOnCpu(() => {
    const inputs = { x: ramp<Tensor4D>(2, 6, 7, 3), filter: ramp<Tensor3D>(3, 2, 3) };
    const { strides, pad, dilations } = attributes;
    const y = tf.dilation2d(inputs.x, inputs.filter, strides as [number, number], pad, dilations as [number, number]);
    const gradient = (kernel: string): Tensor => tf.engine().runKernel(kernel, { ...inputs, dy: ramp(...y.shape) }, attributes as never);
    return [y, gradient('Dilation2DBackpropInput'), gradient('Dilation2DBackpropFilter')];
  }),
);

test('windows of negative sums have a greatest one', async () => {
  await enable();
  expect(tf.dilation2d(tf.tensor4d([-4, -3, -2, -9], [1, 2, 2, 1]), tf.zeros<tf.Rank.R3>([2, 2, 1]), 1, 'valid')).toBeAllclose([[[[-2]]]]);
});
