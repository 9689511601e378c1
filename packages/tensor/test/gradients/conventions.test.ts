import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { registerGradients } from '../../src/gradients/register.ts';
import { backends, useBackend } from './backends.ts';

registerGradients();

/** Gradient of the sum of `f` at these points. */
function slopes(f: (x: Tensor) => Tensor, points: number[]): number[] {
  const dx = tf.tidy(() => tf.grad(f)(tf.tensor1d(points)));
  const values = [...dx.dataSync()];
  dx.dispose();
  return values;
}

describe.each(backends)('where a function has no derivative, on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  test.each<[string, (x: Tensor) => Tensor, number[], number[]]>([
    ['abs at 0 slopes down', tf.abs, [0], [-1]],
    ['relu is flat at 0', tf.relu, [0, -1, 1], [0, 0, 1]],
    ['relu6 is flat at 0 and slopes at 6', tf.relu6, [0, 6, 7], [0, 1, 0]],
    ['leakyRelu at 0 has the leak', (x) => tf.leakyRelu(x, 0.25), [0], [0.25]],
    ['prelu at 0 has the leak', (x) => tf.prelu(x, tf.scalar(0.25)), [0], [0.25]],
    ['clipByValue slopes at its bounds', (x) => tf.clipByValue(x, -1, 2), [-1, 2, -1.5, 2.5], [1, 1, 0, 0]],
    ['max gives every tie the whole gradient', (x) => tf.max(x), [3, 1, 3], [1, 0, 1]],
    ['min gives every tie the whole gradient', (x) => tf.min(x), [1, 1, 3], [1, 1, 0]],
    ['maximum gives a tie to its first operand', (x) => tf.maximum(x, tf.scalar(2)), [2, 1, 3], [1, 0, 1]],
    ['maximum gives its second operand no tie', (x) => tf.maximum(tf.scalar(2), x), [2, 1, 3], [0, 0, 1]],
    ['minimum gives a tie to its first operand', (x) => tf.minimum(x, tf.scalar(2)), [2, 1, 3], [1, 1, 0]],
    ['x^0 is flat, also at 0', (x) => tf.pow(x, tf.scalar(0)), [0, 2, -1], [0, 0, 0]],
    ['x^1 slopes by 1 at 0', (x) => tf.pow(x, tf.scalar(1)), [0, 2], [1, 1]],
    ["a^x is flat where a isn't positive", (x) => tf.pow(tf.scalar(-2), x), [2], [0]],
    ['floorDiv slopes like division', (x) => tf.floorDiv(x, tf.scalar(4)), [9], [0.25]],
    ['the reciprocal of an int32 slopes like that of a float', (x) => tf.reciprocal(tf.cast(x, 'int32')), [2], [-0.25]],
    ['a cast to int32 lets gradients through', (x) => tf.cast(x, 'int32'), [1.5], [1]],
    ['sqrt at 0 is infinitely steep', tf.sqrt, [0], [Infinity]],
    ['the slope of x^2 by its exponent is flat at 0', (x) => tf.grad((b) => tf.pow(x, b))(tf.fill(x.shape, 2)), [0, -1], [0, 0]],
    ['clipByValue of NaN has gradient 0', (x) => tf.clipByValue(x, -1, 1), [NaN], [0]],
  ])('%s', (_, f, points, expected) => {
    expect(slopes(f, points).map((v) => v + 0)).toEqual(expected);
  });

  test('where keeps an infinite gradient of one branch out of the other', () => {
    const slope = slopes((x) => tf.where(tf.greater(x, 0), tf.sqrt(x), tf.zerosLike(x)), [0, 4]);
    // sqrt's own slope at 0 meets a gradient of exactly 0 there: 0 * Infinity stays NaN in any framework.
    expect(slope[1]).toBe(0.25);
    const through = tf.tidy(() =>
      tf
        .grads((t, e) => tf.where(tf.tensor1d([1, 0], 'bool'), t, e))(
          [tf.tensor1d([1, 2]), tf.tensor1d([3, 4])],
          tf.tensor1d([Infinity, NaN]),
        )
        .map((t) => Array.from(t.dataSync())),
    );
    expect(through).toEqual([
      [Infinity, 0],
      [0, NaN],
    ]);
  });

  test('division by a large number overflows nowhere', () => {
    const slope = slopes((b) => tf.div(tf.scalar(1e25), b), [1e25]);
    expect(slope[0]).toBeCloseTo(-1e-25, 30);
  });

  test('a gradient used twice is neither disposed nor counted wrong', () => {
    const before = tf.memory().numTensors;
    const slope = slopes((x) => tf.add(tf.add(x, x), tf.sub(tf.clone(x), tf.neg(x))), [1, 2]);
    expect(slope).toEqual([4, 4]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('only gradients that are asked for are computed', async () => {
    const a = tf.ones([2, 2]);
    const b = tf.ones([2, 2]);
    const profile = await tf.profile(() => tf.tidy(() => tf.grad((x) => tf.matMul(x as tf.Tensor2D, b as tf.Tensor2D))(a)));
    expect(profile.kernels.filter(({ name }) => name === tf.BatchMatMul)).toHaveLength(2);
    tf.dispose([a, b, profile.result as Tensor]);
  });
});
