import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { random, residual, sequential, dense, layerNormLayer, transformerBlock, type Layer } from '../../src/index.ts';
import { valueAndGradients } from '../../src/train/value-and-gradients.ts';
import { backends, useBackend } from '../backends.ts';

const [first, second] = random.split(random.key(4), 2);

/** Networks and shapes of what they take. */
const networks: Record<string, { readonly make: () => Layer; readonly input: number[] }> = {
  dense: { make: () => dense(5, 3, { key: first, activation: 'relu' }), input: [4, 5] },
  'ways that meet again': { make: () => residual(residual([layerNormLayer(6), dense(6, 6, { key: first })])), input: [3, 6] },
  recomputed: {
    make: () =>
      sequential([dense(5, 7, { key: first, activation: 'tanh' }), dense(7, 5, { key: second })], { checkpoint: { segments: 2 } }),
    input: [4, 5],
  },
  transformer: { make: () => transformerBlock(8, { heads: 2, causal: true, key: first }), input: [2, 5, 8] },
};

describe.each(backends)('%s', (backend) => {
  beforeAll(() => useBackend(backend));

  test.each(Object.entries(networks))("%s: tfjs's value and gradients, to the bit, and nothing is left", (_, { make, input }) => {
    expectNoLeak(() => {
      const net = make();
      const variables = Object.values(net.variables);
      const x = random.normal(random.key(1), input);
      const run = (): tf.Scalar => tf.sum(tf.square(net.apply(x)));
      tf.tidy(() => {
        const theirs = tf.variableGrads(run, variables);
        const ours = valueAndGradients(run, variables);
        expect(ours.value.dataSync()).toEqual(theirs.value.dataSync());
        variables.forEach((variable, index) => expect(ours.gradients[index]!.dataSync()).toEqual(theirs.grads[variable.name]!.dataSync()));
      });
      net.dispose();
      x.dispose();
    });
  });

  test('a variable used twice, by itself, and not at all; one gradient that serves two inputs', () => {
    expectNoLeak(() => {
      const make = (value: number): tf.Variable => tf.tidy(() => tf.variable(tf.scalar(value)));
      const [a, b, c] = [make(3), make(4), make(5)];
      tf.tidy(() => {
        const { value, gradients } = valueAndGradients(() => tf.add(tf.mul(a, a), tf.add(b, b)), [a, b, c]);
        expect(value).toBeAllclose(17);
        expect(gradients[0]!).toBeAllclose(6);
        expect(gradients[1]!).toBeAllclose(2);
        expect(gradients[2]).toBeUndefined();
        // As the rule of an operation may, though it shouldn't: dy itself for both.
        const sum = tf.customGrad((x, y) => ({ value: tf.add(x as tf.Tensor, y as tf.Tensor), gradFunc: (dy: tf.Tensor) => [dy, dy] }));
        const shared = valueAndGradients(() => tf.add(sum(tf.mul(a, 2), tf.mul(b, 3)), tf.square(a)), [a, b]).gradients;
        expect(shared[0]!).toBeAllclose(8);
        expect(shared[1]!).toBeAllclose(3);
      });
      tf.dispose([a, b, c]);
    });
  });

  test('a rule may give one new tensor for two inputs, or one that its user holds', () => {
    expectNoLeak(() => {
      const [a, b] = [3, 4].map((value) => tf.tidy(() => tf.variable(tf.scalar(value)))) as [tf.Variable, tf.Variable];
      const held = tf.scalar(5);
      tf.tidy(() => {
        const twice = tf.customGrad((x, y) => ({
          value: tf.add(x as tf.Tensor, y as tf.Tensor),
          gradFunc: (dy: tf.Tensor) => {
            const both = tf.mul(dy, 2);
            return [both, both];
          },
        }));
        const constant = tf.customGrad((x) => ({ value: tf.clone(x as tf.Tensor), gradFunc: () => held }));
        const used = (): tf.Tensor => tf.add(tf.mul(a, 3), tf.mul(b, 4));
        for (const [run, expected] of [
          [() => tf.add(twice(a, b), used()), [5, 6]],
          [() => tf.add(used(), twice(a, b)), [5, 6]],
          [() => tf.add(constant(a), used()), [8, 4]],
          [() => tf.add(used(), constant(tf.mul(a, 2))), [13, 4]],
          [() => tf.add(constant(a), b), [5, 1]],
        ] as const) {
          const { gradients } = valueAndGradients(run, [a, b]);
          expect(gradients.map((gradient) => gradient!.dataSync()[0])).toEqual(expected);
          expect(held.dataSync()[0]).toBe(5);
          tf.dispose(gradients);
        }
        expect(held.dataSync()[0]).toBe(5);
      });
      tf.dispose([a, b, held]);
    });
  });

  test('a value that depends on no variable is refused, and nothing is left', () => {
    expectNoLeak(() => {
      const a = tf.tidy(() => tf.variable(tf.scalar(2)));
      for (const variables of [[a], []])
        expect(() => tf.tidy(() => valueAndGradients(() => tf.square(tf.scalar(3)), variables))).toThrow(
          /depends on no trainable variable/,
        );
      a.dispose();
    });
  });

  test('an operation without a gradient is named, and nothing is left', () => {
    expectNoLeak(() => {
      const a = tf.tidy(() => tf.variable(tf.tensor1d([1, 2])));
      const counts = (): tf.Tensor => tf.sum(tf.bincount(tf.tensor1d([0, 1], 'int32'), tf.exp(a), 2));
      expect(() => tf.tidy(() => valueAndGradients(counts, [a]))).toThrow(/Bincount/);
      expect(() =>
        tf.tidy(() =>
          valueAndGradients(() => {
            tf.exp(a);
            throw new Error('in the forward pass');
          }, [a]),
        ),
      ).toThrow('in the forward pass');
      a.dispose();
    });
  });

  test('what was saved and passed back is freed on the way', () => {
    const weights = Array.from({ length: 20 }, () => tf.variable(tf.ones([4])));
    const most = (run: () => void): number => {
      let peak = 0;
      const watched = tf.customGrad((x) => ({
        value: tf.clone(x as tf.Tensor),
        gradFunc: (dy: tf.Tensor) => {
          peak = tf.memory().numDataBuffers;
          return tf.clone(dy);
        },
      }));
      through = watched;
      tf.tidy(run);
      return peak;
    };
    let through: (x: tf.Tensor) => tf.Tensor = (x) => x;
    const chain = (): tf.Scalar => tf.sum(weights.reduce<tf.Tensor>((x, w) => tf.exp(tf.mul(x, w)), through(tf.mul(weights[0]!, 1))));
    // At the beginning of the chain, where the backward pass ends.
    const theirs = most(() => void tf.variableGrads(chain, weights));
    const ours = most(() => void valueAndGradients(chain, weights));
    expect(ours).toBeLessThan(theirs - 20);
    tf.dispose(weights);
  });
});
