import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeak } from '@x-tooling/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assignVariables, decodeSafetensors, encodeSafetensors, random, type ApplyContext } from '../../src/index.ts';
import { backends, useBackend } from '../backends.ts';
import { key } from './row.ts';
import { rows } from './rows/index.ts';

describe.each(backends)('%s', (backend) => {
  beforeAll(() => useBackend(backend));

  describe.each(rows)('$name', ({ make, input, output, variables, refused, below, beside = () => ({}) }) => {
    const x = (): tf.Tensor =>
      below === undefined
        ? random.normal(random.key(3), input)
        : tf.tidy(() => tf.cast(random.uniform(random.key(3), input, { max: below }), 'int32'));
    let others: ApplyContext = {};
    let context: ApplyContext = {};
    beforeAll(() => {
      others = beside();
      context = { training: true, key: random.key(5), ...others };
    });
    afterAll(() => tf.dispose(Object.values(others)));

    test('has its variables, named and shaped', () => {
      const layer = make();
      expect(Object.fromEntries(Object.entries(layer.variables).map(([name, { shape }]) => [name, shape]))).toEqual(variables);
      layer.dispose();
    });

    test('gives its shape, and says so beforehand', () => {
      const layer = make();
      tf.tidy(() => {
        expect(layer.apply(x(), others)).toHaveShape(output);
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
        const y = layer.apply(given, others);
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
        const leaves = [x(), ...Object.values(layer.variables).filter(({ trainable }) => trainable)];
        const differentiable = leaves.filter(({ dtype }) => dtype === 'float32');
        const measure = (): tf.Tensor =>
          tf.sum(tf.mul(layer.apply(leaves[0]!, context), tf.reshape(tf.range(1, 1 + tf.util.sizeFromShape(output)), output)));
        const gradients = tf.grads(() => measure())(differentiable);
        differentiable.forEach((leaf, index) => {
          const numbers = leaf.dataSync().slice() as Float32Array;
          const set = (values: Float32Array): void => {
            if (leaf === differentiable[0] && leaves[0]!.dtype === 'float32') leaves[0] = tf.tensor(values, leaf.shape);
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

    test('is the same again after its variables went through a file', async () => {
      const [one, other] = [make(), make()];
      tf.tidy(() => Object.values(one.variables).forEach((variable) => variable.assign(tf.add(tf.mul(variable, 1.5), 0.25))));
      const { tensors } = decodeSafetensors(await encodeSafetensors(one.variables));
      assignVariables(other.variables, tensors);
      tf.tidy(() => {
        expect(other.apply(x(), others)).toBeAllclose(one.apply(x(), others), { rtol: 0, atol: 0 });
      });
      tf.dispose(tensors);
      one.dispose();
      other.dispose();
    });

    test('leaks nothing, and disposes twice', () => {
      expectNoLeak(() => {
        const layer = make();
        tf.dispose(tf.tidy(() => [layer.apply(x(), others), layer.apply(x(), context)]));
        layer.dispose();
        layer.dispose();
      });
    });

    test('outside a tidy it leaves only its result', () => {
      const layer = make();
      const given = x();
      for (const training of [false, true]) expectNoLeak(() => layer.apply(given, { ...others, training, key }), { keeps: 1 }).dispose();
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
