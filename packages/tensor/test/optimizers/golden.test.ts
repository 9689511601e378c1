import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { adagrad, adam, adamw, disposeState, rmsprop, sgd } from '../../src/index.ts';
import { backends, useBackend } from '../backends.ts';
import { golden } from '../golden/golden.ts';

const makers = { sgd, adam, adamw, rmsprop, adagrad };

interface Values {
  readonly weight: number[][];
  readonly bias: number[];
}

interface Golden {
  readonly start: Values;
  readonly gradients: Values[];
  readonly rows: { name: string; optimizer: keyof typeof makers; options: object; steps: Values[] }[];
}

const { start, gradients, rows } = golden<Golden>('optimizers');

describe.each(backends)('%s', (backend) => {
  beforeAll(() => useBackend(backend));

  // Ten steps round ten times: 10 · 2^-24 of numbers up to 4.
  test.each(rows)("$name: ten steps are PyTorch's, rtol 1e-6, atol 2e-6", ({ optimizer: kind, options, steps }) => {
    const optimizer = makers[kind](options);
    const parameters = tf.tidy(() => ({ weight: tf.variable(tf.tensor2d(start.weight)), bias: tf.variable(tf.tensor1d(start.bias)) }));
    const state = optimizer.init(parameters);
    steps.forEach((expected, step) => {
      const { weight, bias } = gradients[step]!;
      tf.tidy(() => optimizer.update(parameters, { weight: tf.tensor2d(weight), bias: tf.tensor1d(bias) }, state));
      expect(parameters.weight).toBeAllclose(expected.weight, { rtol: 1e-6, atol: 2e-6 });
      expect(parameters.bias).toBeAllclose(expected.bias, { rtol: 1e-6, atol: 2e-6 });
    });
    disposeState(state);
    tf.dispose(parameters);
  });
});
