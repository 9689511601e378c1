import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { activationLayer, dense, dropout, flatten, random, sequential, type Layer } from '../../src/index.ts';
import { backends, useBackend } from '../backends.ts';

/** A layer joins by one line: how to make it, a shape it takes and one it refuses, and what comes of it. */
interface Row {
  readonly name: string;
  readonly make: () => Layer;
  readonly input: number[];
  readonly output: number[];
  readonly variables: Record<string, number[]>;
  readonly refused?: number[];
}

const key = random.key(11);
const [first, second] = random.split(key, 2);
const rows: Row[] = [
  {
    name: 'dense',
    make: () => dense(4, 3, { key }),
    input: [5, 4],
    output: [5, 3],
    variables: { weight: [4, 3], bias: [3] },
    refused: [5, 3],
  },
  {
    name: 'dense, tanh, no bias',
    make: () => dense(4, 3, { key, activation: 'tanh', bias: false }),
    input: [2, 5, 4],
    output: [2, 5, 3],
    variables: { weight: [4, 3] },
    refused: [4, 5],
  },
  {
    name: 'dense, gelu',
    make: () => dense(4, 2, { key, activation: 'gelu' }),
    input: [4],
    output: [2],
    variables: { weight: [4, 2], bias: [2] },
    refused: [5],
  },
  { name: 'activation', make: () => activationLayer('silu'), input: [2, 3], output: [2, 3], variables: {} },
  { name: 'flatten', make: () => flatten(), input: [2, 3, 4], output: [2, 12], variables: {}, refused: [] },
  { name: 'dropout', make: () => dropout(0.4), input: [6, 5], output: [6, 5], variables: {} },
  {
    name: 'sequential',
    make: () => sequential([flatten(), dense(6, 4, { key: first, activation: 'sigmoid' }), dropout(0.2), dense(4, 2, { key: second })]),
    input: [3, 2, 3],
    output: [3, 2],
    variables: { '1.weight': [6, 4], '1.bias': [4], '3.weight': [4, 2], '3.bias': [2] },
    refused: [3, 5],
  },
  { name: 'sequential of nothing', make: () => sequential([]), input: [3], output: [3], variables: {} },
  {
    name: 'sequential in sequential',
    make: () => sequential([sequential([dense(3, 2, { key })])]),
    input: [1, 3],
    output: [1, 2],
    variables: { '0.0.weight': [3, 2], '0.0.bias': [2] },
    refused: [1, 2],
  },
];

const context = { training: true, key: random.key(5) };

describe.each(backends)('%s', (backend) => {
  beforeAll(() => useBackend(backend));

  describe.each(rows)('$name', ({ make, input, output, variables, refused }) => {
    const x = (): tf.Tensor => random.normal(random.key(3), input);

    test('has its variables, named and shaped', () => {
      const layer = make();
      expect(Object.fromEntries(Object.entries(layer.variables).map(([name, { shape }]) => [name, shape]))).toEqual(variables);
      layer.dispose();
    });

    test('gives its shape, and says so beforehand', () => {
      const layer = make();
      tf.tidy(() => {
        expect(layer.apply(x())).toHaveShape(output);
        expect(layer.apply(x(), context)).toHaveShape(output);
      });
      expect(layer.outputShape(input)).toEqual(output);
      expect(layer.outputShape([null, ...input.slice(1)]).length).toBe(output.length);
      layer.dispose();
    });

    test('is a new tensor and leaves x alone', () => {
      const layer = make();
      tf.tidy(() => {
        const given = x();
        const before = given.dataSync().slice();
        const y = layer.apply(given);
        expect(y).not.toBe(given);
        y.dispose();
        expect(given).toBeAllclose(before, { rtol: 0, atol: 0 });
      });
      layer.dispose();
    });

    test('gives the same for the same key, and makes the same variables', () => {
      const [one, other] = [make(), make()];
      tf.tidy(() => {
        expect(one.apply(x(), context)).toBeAllclose(other.apply(x(), context), { rtol: 0, atol: 0 });
      });
      one.dispose();
      other.dispose();
    });

    test('gradients are those by differences, within 2e-3', () => {
      const layer = make();
      tf.tidy(() => {
        const leaves = [x(), ...Object.values(layer.variables)];
        const measure = (): tf.Tensor =>
          tf.sum(tf.mul(layer.apply(leaves[0]!, context), tf.reshape(tf.range(1, 1 + tf.util.sizeFromShape(output)), output)));
        const gradients = tf.grads(() => measure())(leaves as tf.Tensor[]);
        leaves.forEach((leaf, index) => {
          const numbers = leaf.dataSync().slice() as Float32Array;
          const set = (values: Float32Array): void => {
            if (index === 0) leaves[0] = tf.tensor(values, leaf.shape);
            else (leaf as tf.Variable).assign(tf.tensor(values, leaf.shape));
          };
          for (let i = 0; i < numbers.length; i += Math.max(1, Math.floor(numbers.length / 5))) {
            const at = (step: number): number => {
              const moved = numbers.slice();
              moved[i]! += step;
              set(moved);
              return measure().dataSync()[0]!;
            };
            const across = (h: number): number => (at(h) - at(-h)) / (2 * h);
            // Extrapolated, so that what the step itself does wrong is of its fourth power.
            const slope = (4 * across(2 ** -5) - across(2 ** -4)) / 3;
            const scale = 2e-3 * Math.max(1, Math.abs(slope));
            expect(Math.abs(gradients[index]!.dataSync()[i]! - slope), `leaf ${index}, element ${i}: by differences ${slope}`).toBeLessThan(
              scale,
            );
          }
          set(numbers);
        });
      });
      layer.dispose();
    });

    test('leaks nothing, and disposes twice', () => {
      expectNoLeak(() => {
        const layer = make();
        tf.dispose(tf.tidy(() => [layer.apply(x()), layer.apply(x(), context)]));
        layer.dispose();
        layer.dispose();
      });
    });

    test('outside a tidy it leaves only its result', () => {
      const layer = make();
      const given = x();
      for (const training of [false, true]) expectNoLeak(() => layer.apply(given, { training, key }), { keeps: 1 }).dispose();
      given.dispose();
      layer.dispose();
    });

    if (refused === undefined) return;
    test('refuses a shape, and leaks nothing then', () => {
      expectNoLeak(() => {
        const layer = make();
        const wrong = tf.zeros(refused);
        expect(() => layer.apply(wrong)).toThrow(/shape|rank|axis/);
        wrong.dispose();
        layer.dispose();
      });
    });
  });
});
