import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { attention, disable, enable, random, scaledDotProductAttention, type AttentionOptions } from '../../src/index.ts';
import { backends, useBackend } from '../backends.ts';

const key = random.key(31);

/** What each probability is multiplied by, read off: all probabilities are 1 / keys, and the values are those of a unit matrix. */
function factorsOf(shape: [number, number, number, number], options: AttentionOptions): tf.Tensor {
  return tf.tidy(() => {
    const [batch, heads, queries, keys] = shape;
    const v = tf.tile(tf.reshape(tf.eye(keys), [1, 1, keys, keys]), [batch, heads, 1, 1]);
    const nothing = (length: number): tf.Tensor => tf.zeros([batch, heads, length, 1]);
    return tf.mul(scaledDotProductAttention(nothing(queries), nothing(keys), v, options), keys);
  });
}

describe.each(backends)('%s', (backend) => {
  beforeAll(() => useBackend(backend));

  test.each([0.1, 0.5, 0.9])('a rate of %d drops that part, within five deviations, and what is left keeps the mean', (dropout) => {
    tf.tidy(() => {
      const shape: [number, number, number, number] = [2, 3, 90, 61];
      const factors = factorsOf(shape, { dropout, key });
      const values = [...factors.dataSync()];
      const zeros = values.filter((value) => value === 0).length;
      const size = values.length;
      expect(Math.abs(zeros - dropout * size)).toBeLessThan(5 * Math.sqrt(size * dropout * (1 - dropout)));
      const others = values.filter((value) => value !== 0);
      expect(others).toBeAllclose(new Array(others.length).fill(1 / (1 - Math.round(dropout * 2 ** 16) / 2 ** 16)), { rtol: 1e-5 });
      // Neither the same in each head, query or key, nor in another key's stream.
      for (const axis of [0, 1, 2, 3]) {
        const [low, high] = [tf.min(factors, axis), tf.max(factors, axis)];
        expect(tf.mean(tf.cast(tf.less(low, high), 'float32')).dataSync()[0]).toBeGreaterThan(0.15);
      }
      expect(tf.any(tf.notEqual(factors, factorsOf(shape, { dropout, key: random.key(32) }))).dataSync()[0]).toBe(1);
    });
  });

  test.each<[string, AttentionOptions]>([
    ['dropout', {}],
    ['causal', { causal: true }],
  ])('%s: as with the mask of what is dropped, and its gradients, by differences too', (_, options) => {
    expectNoLeak(() =>
      tf.tidy(() => {
        const all = { ...options, dropout: 0.3, key };
        const [forQ, forK, forV, forDy] = random.split(random.key(2), 4);
        const inputs = [random.normal(forQ, [2, 2, 19, 5]), random.normal(forK, [2, 2, 21, 5]), random.normal(forV, [2, 2, 21, 4])];
        const dy = random.normal(forDy, [2, 2, 19, 4]);
        const factors = factorsOf([2, 2, 19, 21], { dropout: 0.3, key });
        const unseen = tf.tensor2d(
          Float32Array.from({ length: 19 * 21 }, (_, i) => (options.causal && i % 21 > Math.floor(i / 21) ? -Infinity : 0)),
          [19, 21],
        );
        const ours = (...[q, k, v]: tf.Tensor[]): tf.Tensor => scaledDotProductAttention(q!, k!, v!, all);
        const theirs = (...[q, k, v]: tf.Tensor[]): tf.Tensor =>
          tf.matMul(tf.mul(tf.softmax(tf.add(tf.mul(tf.matMul(q!, k!, false, true), 1 / Math.sqrt(5)), unseen)), factors), v!);
        expect(ours(...inputs)).toBeAllclose(theirs(...inputs), { rtol: 1e-5, atol: 1e-5 });
        const expected = tf.grads(theirs)(inputs, dy);
        const given = tf.grads(ours)(inputs, dy);
        given.forEach((gradient, index) => expect(gradient).toBeAllclose(expected[index]!, { rtol: 2e-5, atol: 2e-5 }));
        const measure = (...moved: tf.Tensor[]): number => tf.sum(tf.mul(ours(...moved), dy)).dataSync()[0]!;
        inputs.forEach((input, index) => {
          const direction = random.normal(random.key(40 + index), input.shape);
          const at = (step: number): number => measure(...inputs.map((x, i) => (i === index ? tf.add(x, tf.mul(direction, step)) : x)));
          const across = (h: number): number => (at(h) - at(-h)) / (2 * h);
          const slope = (4 * across(2 ** -6) - across(2 ** -5)) / 3;
          const along = tf.sum(tf.mul(given[index]!, direction)).dataSync()[0]!;
          expect(Math.abs(along - slope), `input ${index}: ${along}, by differences ${slope}`).toBeLessThan(
            2e-3 * Math.max(1, Math.abs(slope)),
          );
        });
      }),
    );
  });

  test('a layer drops in training alone, and anew with another key', () => {
    expectNoLeak(() => {
      const layer = attention(6, { heads: 2, dropout: 0.4, key });
      const plain = attention(6, { heads: 2, key });
      tf.tidy(() => {
        const x = random.normal(random.key(3), [2, 5, 6]);
        const exactly = { rtol: 0, atol: 0 };
        expect(layer.apply(x)).toBeAllclose(plain.apply(x), exactly);
        expect(plain.apply(x, { training: true })).toBeAllclose(plain.apply(x), exactly);
        const trained = layer.apply(x, { training: true, key: random.key(1) });
        expect(layer.apply(x, { training: true, key: random.key(1) })).toBeAllclose(trained, exactly);
        expect(tf.any(tf.notEqual(layer.apply(x), trained)).dataSync()[0]).toBe(1);
        expect(tf.any(tf.notEqual(layer.apply(x, { training: true, key: random.key(2) }), trained)).dataSync()[0]).toBe(1);
        expect(() => layer.apply(x, { training: true })).toThrow(/dropout in training needs a key/);
      });
      layer.dispose();
      plain.dispose();
    });
  });
});

test('the same are dropped in every tier, by any number of threads, and in the plain operations, bit for bit', async () => {
  const shape: [number, number, number, number] = [1, 3, 150, 141];
  const dropped = async (of: () => Promise<unknown>): Promise<number[]> => {
    await of();
    const factors = factorsOf(shape, { dropout: 0.2, key });
    const zeros = [...factors.dataSync()].flatMap((value, i) => (value === 0 ? [i] : []));
    factors.dispose();
    return zeros;
  };
  const expected = await dropped(() => useBackend('cpu'));
  expect(expected.length).toBeGreaterThan(0);
  for (const tier of ['simd', 'relaxed', 'wide'] as const)
    for (const threads of [1, 2]) {
      await disable();
      expect(await dropped(() => enable({ tier, threads }))).toEqual(expected);
    }
  await disable();
});
