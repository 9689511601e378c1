import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D, Tensor5D } from '@tensorflow/tfjs-core';
import { afterAll, expect, test } from 'vitest';
import { disable, enable } from '../../src/index.ts';
import { expectAsOnCpu } from './against-cpu.ts';

afterAll(disable);

const ramp = <T extends Tensor>(...shape: number[]): T =>
  tf.reshape(tf.tensor1d(Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => (((i * 313) % 3001) - 3500) / 400)), shape) as T;
const run = (kernel: string, inputs: tf.NamedTensorMap, attributes: object): Tensor =>
  tf.engine().runKernel(kernel, inputs, attributes as tf.NamedAttrMap);

const flat = { filterSize: [3, 2], strides: [2, 2], pad: 'same' };
const deep = { filterSize: [2, 3, 2], strides: [1, 2, 2], pad: 'same' };

/** Windows as long as wide as high: of others tfjs's cpu backend mixes up the elements. No two values are equal, since of equal ones it takes the last in volumes. */
const cubes = { filterSize: [2, 2, 2], strides: [1, 2, 2], pad: 'same' };

const operations: Readonly<Record<string, () => Tensor | Tensor[]>> = {
  maxPool: () => [tf.maxPool(ramp<Tensor4D>(2, 6, 7, 3), [3, 2], 2, 'same'), tf.maxPool(ramp<Tensor4D>(2, 6, 7, 40), 2, 2, 'valid')],
  'maxPool of int32': () => tf.maxPool(tf.cast(tf.mul(ramp<Tensor4D>(1, 5, 6, 2), 1e8), 'int32') as Tensor4D, 2, 2, 'valid'),
  avgPool: () => [tf.avgPool(ramp<Tensor4D>(2, 6, 7, 3), [3, 2], 2, 'same'), tf.avgPool(ramp<Tensor4D>(2, 6, 7, 40), 2, 1, 1, 'floor')],
  maxPool3d: () => tf.maxPool3d(ramp<Tensor5D>(1, 4, 5, 6, 3), [2, 3, 2], [1, 2, 2], 'same'),
  avgPool3d: () => tf.avgPool3d(ramp<Tensor5D>(1, 4, 5, 6, 3), [2, 3, 2], [1, 2, 2], 'same'),
  'pool, dilated': () => tf.pool(ramp<Tensor4D>(1, 7, 7, 2), [2, 2], 'max', 'same', [2, 2], 1),
  maxPoolWithArgmax: () =>
    [false, true].flatMap((inBatch) => {
      const { result, indexes } = tf.maxPoolWithArgmax(ramp<Tensor4D>(2, 6, 7, 3), [3, 2], 2, 'same', inBatch);
      return [result, indexes] as Tensor[];
    }),
  MaxPoolGrad: () => {
    const input = ramp(2, 6, 7, 20);
    return run('MaxPoolGrad', { dy: ramp(2, 3, 4, 20), input, output: run('MaxPool', { x: input }, flat) }, flat);
  },
  AvgPoolGrad: () => run('AvgPoolGrad', { dy: ramp(2, 3, 4, 5), input: ramp(2, 6, 7, 5) }, flat),
  MaxPool3DGrad: () => {
    const input = ramp(1, 4, 5, 6, 3);
    return run('MaxPool3DGrad', { dy: ramp(1, 4, 3, 3, 3), input, output: run('MaxPool3D', { x: input }, cubes) }, cubes);
  },
  AvgPool3DGrad: () => run('AvgPool3DGrad', { dy: ramp(1, 4, 3, 3, 3), input: ramp(1, 4, 5, 6, 3) }, deep),
};

test.for(Object.keys(operations))('%s: as on the cpu backend', (name) => expectAsOnCpu(operations[name] as () => Tensor, 1e-5, 1e-5));

test('windows of negative values have a greatest one', async () => {
  await enable();
  expect(tf.maxPool(tf.tensor4d([-4, -3, -2, -9], [1, 2, 2, 1]), 2, 2, 'valid')).toBeAllclose([[[[-2]]]]);
});
