import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { softmaxCrossEntropy, type Reduction } from '../../src/index.ts';
import { backends, useBackend } from '../backends.ts';
import { golden } from '../golden/golden.ts';

interface Golden {
  readonly logits: number[][];
  readonly classes: number[];
  readonly distributions: number[][];
  readonly rows: {
    labels: 'classes' | 'distributions';
    labelSmoothing: number;
    reduction: Reduction;
    loss: number | number[];
    gradient: number[][];
  }[];
}

const { logits, classes, distributions, rows } = golden<Golden>('cross-entropy');

describe.each(backends)('%s', (backend) => {
  beforeAll(() => useBackend(backend));

  test.each(rows)(
    "$labels, smoothing $labelSmoothing, $reduction: PyTorch's loss and gradient, rtol 2e-6",
    ({ labels, labelSmoothing, reduction, loss, gradient }) => {
      expectNoLeak(() =>
        tf.tidy(() => {
          const x = tf.tensor2d(logits);
          const y = labels === 'classes' ? tf.tensor1d(classes, 'int32') : tf.tensor2d(distributions);
          const f = (input: tf.Tensor): tf.Tensor => softmaxCrossEntropy(input, y, { reduction, labelSmoothing });
          expect(f(x)).toBeAllclose(loss, { rtol: 2e-6 });
          const dy = reduction === 'none' ? tf.range(1, 7) : tf.scalar(1);
          const inSequences = softmaxCrossEntropy(tf.reshape(x, [2, 3, -1]), tf.reshape(y, labels === 'classes' ? [2, 3] : [2, 3, -1]), {
            reduction,
            labelSmoothing,
          });
          expect(inSequences.shape).toEqual(reduction === 'none' ? [2, 3] : []);
          expect(tf.reshape(inSequences, reduction === 'none' ? [6] : [])).toBeAllclose(f(x), { rtol: 0, atol: 0 });
          // A probability of a float32 softmax is right to 1e-7.
          expect(tf.grad(f)(x, dy)).toBeAllclose(gradient, { rtol: 2e-6, atol: 1e-6 });
        }),
      );
    },
  );

  test('labels made inside a function that is differentiated live long enough', () => {
    tf.tidy(() => {
      const gradient = tf.grad((x: tf.Tensor) => softmaxCrossEntropy(x, tf.cast(tf.oneHot(tf.tensor1d([1], 'int32'), 2), 'float32')))(
        tf.zeros([1, 2]),
      );
      expect(gradient).toBeAllclose([[0.5, -0.5]]);
    });
  });

  test('a class out of range gives NaN, the others their loss', () => {
    tf.tidy(() => {
      const loss = softmaxCrossEntropy(tf.zeros([3, 2]), tf.tensor1d([1, 2, -1], 'int32'), { reduction: 'none' });
      expect(loss).toBeAllclose([Math.LN2, NaN, NaN], { equalNaN: true });
    });
  });

  test('a probability that underflows to 0 costs nothing where its label is 0, and infinity where it is not', () => {
    tf.tidy(() => {
      const x = tf.tensor2d([[-Infinity, 0]]);
      expect(softmaxCrossEntropy(x, tf.tensor2d([[0, 1]]))).toBeAllclose(0);
      expect(softmaxCrossEntropy(x, tf.tensor1d([0], 'int32')).dataSync()[0]).toBe(Infinity);
    });
  });
});
