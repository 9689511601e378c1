import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { activation, type ActivationName } from '../../src/index.ts';
import { backends, useBackend } from '../backends.ts';
import { golden } from '../golden/golden.ts';

interface Golden {
  readonly x: number[];
  readonly rows: Record<ActivationName, { y: number[]; gradient: number[] }>;
}

const { x, rows } = golden<Golden>('activations');
// exp, tanh and erf are right to a few units in the last place of what they are made of, whose parts are up to 30.
const tolerance = { rtol: 1e-5, atol: 2e-6 };

describe.each(backends)('%s', (backend) => {
  beforeAll(() => useBackend(backend));

  describe.each(Object.entries(rows))('%s', (name, expected) => {
    test("value and gradient as PyTorch's, rtol 1e-5", () => {
      expectNoLeak(() =>
        tf.tidy(() => {
          const input = tf.tensor1d(x);
          const f = (values: tf.Tensor): tf.Tensor => activation(values, name as ActivationName);
          expect(f(input)).toBeAllclose(expected.y, tolerance);
          expect(tf.grad(f)(input)).toBeAllclose(expected.gradient, tolerance);
        }),
      );
    });
  });

  test('leakyRelu takes a slope', () => {
    tf.tidy(() => {
      expect(activation(tf.tensor1d([-2, 2]), 'leakyRelu', { slope: 0.5 })).toBeAllclose([-1, 2]);
    });
  });

  test('of nothing is nothing', () => {
    tf.tidy(() => {
      expect(activation(tf.zeros([0, 3]), 'relu')).toHaveShape([0, 3]);
    });
  });
});
