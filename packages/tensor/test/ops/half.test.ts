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
});
