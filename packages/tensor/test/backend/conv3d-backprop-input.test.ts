import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { disable } from '../../src/index.ts';
import { expectAsOnCpu } from './against-cpu.ts';

type Shape = [number, number, number, number, number];

const cases: readonly { input: Shape; filter: Shape; strides: [number, number, number]; pad: 'valid' | 'same' }[] = [
  { input: [1, 8, 1, 1, 1], filter: [2, 1, 1, 1, 1], strides: [1, 1, 1], pad: 'valid' },
  { input: [1, 3, 6, 1, 1], filter: [2, 2, 1, 1, 1], strides: [1, 1, 1], pad: 'valid' },
  { input: [2, 5, 6, 7, 3], filter: [3, 2, 3, 3, 4], strides: [1, 1, 1], pad: 'same' },
  { input: [2, 9, 8, 7, 2], filter: [3, 3, 2, 2, 5], strides: [2, 1, 3], pad: 'valid' },
  { input: [1, 7, 7, 7, 1], filter: [2, 3, 4, 1, 2], strides: [3, 2, 2], pad: 'same' },
  { input: [1, 4, 4, 4, 2], filter: [1, 1, 1, 2, 3], strides: [2, 2, 2], pad: 'valid' },
];

describe.each(cases)('the gradient of conv3d of $input with $filter, strides $strides, $pad', ({ input, filter, strides, pad }) => {
  it('equals that of the cpu backend (rtol 1e-5)', async () => {
    const normal = (shape: number[], seed: number): tf.Tensor => tf.randomNormal(shape, 0, 1, 'float32', seed);
    await expectAsOnCpu(() => {
      const x = normal(input, 1) as tf.Tensor5D;
      const w = normal(filter, 2) as tf.Tensor5D;
      const dy = normal(tf.conv3d(x, w, strides, pad).shape, 3);
      return tf.engine().runKernel('Conv3DBackpropInputV2', { dy, filter: w }, { strides, pad, inputShape: input }) as tf.Tensor;
    });
    await disable();
  });
});

it('refuses other types than float32 by name', async () => {
  const { enable } = await import('../../src/index.ts');
  await enable({ threads: 1 });
  const dy = tf.fill([1, 1, 1, 1, 1], 1, 'int32');
  const filter = tf.fill([1, 1, 1, 1, 1], 1);
  const run = (): unknown =>
    tf.engine().runKernel('Conv3DBackpropInputV2', { dy, filter }, { strides: 1, pad: 'valid', inputShape: [1, 1, 1, 1, 1] });
  expect(run).toThrow(/dy must .*float32.* int32/);
  await disable();
});
