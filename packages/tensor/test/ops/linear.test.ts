import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { linear, meanSquaredError, random, softmaxCrossEntropy, type ActivationName } from '../../src/index.ts';
import { activationNames } from '../../src/ops/activation-name.ts';
import { compose } from '../../src/ops/activation.ts';
import { backends, useBackend } from '../backends.ts';
import { golden } from '../golden/golden.ts';

interface Golden {
  readonly x: number[][];
  readonly weights: number[][][];
  readonly biases: number[][];
  readonly classes: number[];
  readonly target: number[][];
  readonly rows: { activation: ActivationName; loss: string; value: number; gradients: number[][][] }[];
}

const network = golden<Golden>('mlp');

type Loss = (output: tf.Tensor) => tf.Tensor;
const losses: Record<string, () => Loss> = {
  softmaxCrossEntropy: () => (output) => softmaxCrossEntropy(output, tf.tensor1d(network.classes, 'int32')),
  softmaxCrossEntropySmoothed: () => (output) =>
    softmaxCrossEntropy(output, tf.tensor1d(network.classes, 'int32'), { labelSmoothing: 0.1 }),
  meanSquaredError: () => (output) => meanSquaredError(output, tf.tensor2d(network.target)),
};

/** The same by tfjs's operations alone. */
function plain(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor, activation: ActivationName, slope: number): tf.Tensor {
  const rows = x.size / x.shape.at(-1)!;
  const z = tf.add(tf.matMul(tf.reshape(x, [rows, x.shape.at(-1)!]), weight), bias);
  return tf.reshape(compose(z, activation, slope), [...x.shape.slice(0, -1), weight.shape[1]!]);
}

describe.each(backends)('%s', (backend) => {
  beforeAll(() => useBackend(backend));

  test('of no inputs is activation(bias), and matrices without inner sizes are zeros', () => {
    expectNoLeak(() =>
      tf.tidy(() => {
        const bias = tf.tensor1d([-1, 0, 2]);
        for (const shape of [
          [4, 0],
          [1, 0],
          [2, 3, 0],
          [0, 0],
        ]) {
          const rows = tf.util.sizeFromShape(shape.slice(0, -1));
          for (const activation of ['linear', 'relu', 'sigmoid'] as const) {
            const y = linear(tf.zeros(shape), tf.zeros([0, 3]), bias, { activation });
            const row = [-1, 0, 2].map((b) =>
              activation === 'linear' ? b : activation === 'relu' ? Math.max(b, 0) : 1 / (1 + Math.exp(-b)),
            );
            expect(y.dataSync()).toBeAllclose(Array.from({ length: rows }, () => row).flat(), { atol: 1e-6 });
          }
        }
        for (const [a, b] of [
          [
            [2, 3, 0],
            [2, 0, 4],
          ],
          [
            [2, 3, 0],
            [1, 0, 4],
          ],
          [
            [3, 0],
            [0, 1],
          ],
        ])
          expect(
            tf
              .matMul(tf.zeros(a!), tf.zeros(b!))
              .dataSync()
              .every((value) => value === 0),
          ).toBe(true);
        expect(tf.matMul(tf.zeros([0, 3]), tf.zeros([0, 4]), true).shape).toEqual([3, 4]);
        expect(tf.matMul(tf.zeros([3, 0], 'int32'), tf.zeros([0, 2], 'int32')).dataSync()).toEqual(new Int32Array(6));
        expect(tf.matMul(tf.ones([3, 2], 'int32'), tf.ones([2, 0], 'int32')).shape).toEqual([3, 0]);
      }),
    );
  });

  test.each(network.rows)(
    "gradients of a network with $activation and $loss are PyTorch's, rtol 2e-5",
    ({ activation, loss, value, gradients }) => {
      expectNoLeak(() =>
        tf.tidy(() => {
          const inputs = [
            tf.tensor2d(network.x),
            ...network.weights.map((w) => tf.tensor2d(w)),
            ...network.biases.map((b) => tf.tensor1d(b)),
          ];
          const measure = (losses[loss] as () => Loss)();
          const run = (...[x, w0, w1, w2, b0, b1, b2]: tf.Tensor[]): tf.Tensor => {
            const hidden = linear(linear(x!, w0!, b0, { activation }), w1!, b1, { activation });
            return measure(linear(hidden, w2!, b2));
          };
          expect(run(...inputs)).toBeAllclose(value, { rtol: 2e-5 });
          tf.grads(run)(inputs).forEach((gradient, index) => expect(gradient).toBeAllclose(gradients[index]!, { rtol: 2e-5, atol: 2e-6 }));
        }),
      );
    },
  );

  // 200 values of up to 40 products each, of numbers around 1.
  describe.each(activationNames)('%s', (activation) => {
    test.each([[[7]], [[3, 7]], [[2, 0, 7]], [[2, 3, 7]], [[40, 7]]])(
      "of %o is that of tfjs's operations, as are its gradients, atol 1e-5",
      (shape) => {
        expectNoLeak(() =>
          tf.tidy(() => {
            const [forX, forWeight, forBias, forDy] = random.split(random.key(1), 4);
            const x = random.normal(forX, shape);
            const weight = random.normal(forWeight, [7, 5]);
            const bias = random.normal(forBias, [5]);
            const dy = random.normal(forDy, [...shape.slice(0, -1), 5]);
            const ours = (a: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor => linear(a, w, b, { activation, slope: 0.3 });
            const theirs = (a: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor => plain(a, w, b, activation, 0.3);
            expect(ours(x, weight, bias)).toBeAllclose(theirs(x, weight, bias), { rtol: 1e-5, atol: 1e-5 });
            const expected = tf.grads(theirs)([x, weight, bias], dy);
            tf.grads(ours)([x, weight, bias], dy).forEach((gradient, index) =>
              expect(gradient).toBeAllclose(expected[index]!, { rtol: 1e-5, atol: 1e-5 }),
            );
          }),
        );
      },
    );
  });

  test('without a bias', () => {
    tf.tidy(() => {
      expect(linear(tf.tensor2d([[1, 2]]), tf.tensor2d([[1], [10]]))).toBeAllclose([[21]]);
      const [dx, dw] = tf.grads((x: tf.Tensor, w: tf.Tensor) => linear(x, w))([tf.tensor2d([[1, 2]]), tf.tensor2d([[1], [10]])]);
      expect(dx).toBeAllclose([[1, 10]]);
      expect(dw).toBeAllclose([[1], [2]]);
    });
  });
});
