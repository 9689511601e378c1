import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { fromHalf, halfLinear, toHalf } from '../../src/half.ts';
import { enable, linear, random, type ActivationName } from '../../src/index.ts';
import { backends, useBackend } from '../backends.ts';

describe.each(backends)('%s', (backend) => {
  beforeAll(async () => {
    await useBackend(backend);
    if (backend !== 'cpu') await (await enable()).load('half');
  });

  describe.each(['float16', 'bfloat16'] as const)('%s', (format) => {
    test('half the bytes, and each value within half a unit in the last place', () => {
      for (const shape of [[], [0], [1], [3, 5], [2, 3, 4]]) {
        expectNoLeak(() =>
          tf.tidy(() => {
            const x = random.normal(random.key(1), shape);
            const before = tf.memory().numBytes;
            const half = toHalf(x, { format });
            expect(tf.memory().numBytes - before).toBe(4 * Math.ceil(x.size / 2));
            const y = fromHalf(half);
            expect(y.shape).toEqual(shape);
            expect(y).toBeAllclose(x, { rtol: format === 'float16' ? 2 ** -11 : 2 ** -8, atol: 2 ** -25 });
            half.dispose();
          }),
        );
      }
    });

    test('halfLinear of no inputs is activation(bias)', () => {
      tf.tidy(() => {
        const weight = toHalf(tf.zeros([0, 3]), { format });
        for (const rows of [1, 3])
          expect(halfLinear(tf.zeros([rows, 0]), weight, tf.tensor1d([-1, 0, 2]), { activation: 'relu' })).toBeAllclose(
            Array.from({ length: rows }, () => [0, 0, 2]),
          );
      });
    });

    test.each<ActivationName>(['linear', 'relu', 'tanh', 'gelu'])(
      'halfLinear, %s: as of the values, as are its gradients, rtol 1e-5',
      (activation) => {
        expectNoLeak(() =>
          tf.tidy(() => {
            const [forX, forWeight, forBias, forDy] = random.split(random.key(1), 4);
            const half = toHalf(random.normal(forWeight, [33, 18]), { format });
            const inputs = [random.normal(forX, [2, 5, 33]), random.normal(forBias, [18])];
            const dy = random.normal(forDy, [2, 5, 18]);
            const ours = (...[x, b]: tf.Tensor[]): tf.Tensor => halfLinear(x!, half, b, { activation });
            const theirs = (...[x, b]: tf.Tensor[]): tf.Tensor => linear(x!, fromHalf(half), b, { activation });
            for (const given of [inputs, inputs.slice(0, 1)]) {
              expect(ours(...given)).toBeAllclose(theirs(...given), { rtol: 1e-5, atol: 1e-5 });
              const expected = tf.grads(theirs)(given, dy);
              tf.grads(ours)(given, dy).forEach((gradient, index) =>
                expect(gradient).toBeAllclose(expected[index]!, { rtol: 1e-5, atol: 1e-5 }),
              );
            }
          }),
        );
      },
    );
  });

  test('a single row changes nothing of the weight that anybody sees, whatever is asked of it in between', async () => {
    const used = backend === 'cpu' ? undefined : (await enable()).memory().used;
    expectNoLeak(() =>
      tf.tidy(() => {
        const [forX, forWeight] = random.split(random.key(1), 2);
        // Some of it subnormal.
        const values = tf.mul(random.normal(forWeight, [64, 48]), 0.005);
        const half = toHalf(values);
        const before = half.bits.dataSync().slice();
        const weight = fromHalf(half);
        const clone = { ...half, bits: tf.clone(half.bits) };
        for (const factor of [1, 1e6, 1]) {
          const x = tf.mul(random.normal(forX, [1, 64]), factor);
          const dy = random.normal(forX, [1, 48]);
          expect(halfLinear(x, half)).toBeAllclose(linear(x, weight), { rtol: 1e-5, atol: 1e-6 * factor });
          expect(fromHalf(half)).toBeAllclose(weight, { rtol: 0 });
          expect(halfLinear(x, clone)).toBeAllclose(linear(x, weight), { rtol: 1e-5, atol: 1e-6 * factor });
          expect(tf.grad((x) => halfLinear(x, half))(x, dy)).toBeAllclose(tf.grad((x) => linear(x, weight))(x, dy), {
            rtol: 1e-5,
            atol: 1e-6,
          });
          // By tfjs's own kernels, and as another shape.
          expect(tf.reverse(half.bits).dataSync().reverse()).toEqual(before);
          halfLinear(x, half);
          expect(tf.reverse(half.bits).dataSync().reverse()).toEqual(before);
          const turned = { ...half, shape: [48, 64] };
          expect(halfLinear(dy, turned)).toBeAllclose(linear(dy, fromHalf(turned)), { rtol: 1e-5, atol: 1e-6 });
          expect(clone.bits.dataSync()).toEqual(before);
          expect(halfLinear(random.normal(forX, [3, 64]), half).shape).toEqual([3, 48]);
        }
        halfLinear(tf.ones([1, 64]), half);
      }),
    );
    if (used !== undefined) expect((await enable()).memory().used).toBe(used);
  });

  test('a single row passes infinities and NaN on, of the weight and of x', () => {
    expectNoLeak(() =>
      tf.tidy(() => {
        const values = random.normal(random.key(2), [64, 48]).arraySync() as number[][];
        values[3]![5] = Infinity;
        values[60]![7] = NaN;
        const half = toHalf(tf.tensor2d(values));
        const y = halfLinear(tf.ones([1, 64]), half).dataSync();
        expect([y[5], y[7], Number.isFinite(y[6])]).toEqual([Infinity, NaN, true]);
        const large = tf.fill([1, 64], Infinity);
        expect(halfLinear(large, half)).toBeAllclose(linear(large, fromHalf(half)), { equalNaN: true });
      }),
    );
  });
});
