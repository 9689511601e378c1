import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { disable, enable, random, scaledDotProductAttention, type AttentionOptions } from '../../src/index.ts';
import { backends, useBackend } from '../backends.ts';
import { golden } from '../golden/golden.ts';

type Numbers = number[][][][];

interface Golden {
  readonly q: Numbers;
  readonly k: Numbers;
  readonly v: Numbers;
  readonly dy: Numbers;
  readonly sees: Numbers;
  readonly bias: number[][][];
  readonly rows: {
    readonly name: string;
    readonly options: Omit<AttentionOptions, 'mask' | 'key'> & { readonly mask?: 'sees' | 'bias'; readonly seed?: number };
    readonly y: Numbers;
    readonly gradients: Numbers[];
  }[];
}

const given = golden<Golden>('attention');

/** Batch, heads, queries, keys, depth, depth of the values. */
type Sizes = [number, number, number, number, number, number];
const sizes: Sizes[] = [
  [1, 1, 1, 1, 1, 1],
  [0, 2, 3, 3, 4, 4],
  [2, 2, 0, 3, 4, 4],
  [1, 2, 5, 0, 4, 3],
  [1, 2, 3, 4, 0, 3],
  [1, 2, 3, 4, 3, 0],
  [2, 3, 17, 33, 5, 7],
  [1, 2, 64, 64, 16, 16],
  [1, 1, 200, 150, 20, 64],
  [1, 1, 130, 300, 64, 33],
  [1, 1, 40, 50, 200, 130],
];

/** By tfjs's operations alone, of a mask that is added. */
function plain(q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, added: tf.Tensor | undefined, scale: number): tf.Tensor {
  const scores = tf.mul(tf.matMul(q, k, false, true), scale);
  return tf.matMul(tf.softmax(added === undefined ? scores : tf.add(scores, added)), v);
}

const causal = (queries: number, keys: number): tf.Tensor =>
  tf.tensor2d(
    Float32Array.from({ length: queries * keys }, (_, i) => (i % keys <= Math.floor(i / keys) ? 0 : -Infinity)),
    [queries, keys],
  );

describe.each(backends)('%s', (backend) => {
  beforeAll(() => useBackend(backend));

  test.each(given.rows)("$name: PyTorch's values and gradients, rtol 1e-5", ({ options, y, gradients }) => {
    expectNoLeak(() =>
      tf.tidy(() => {
        const masks = { sees: () => tf.tensor4d(given.sees, undefined, 'bool'), bias: () => tf.tensor3d(given.bias) };
        const { mask, seed, ...rest } = options;
        const all: AttentionOptions = {
          ...rest,
          ...(mask === undefined ? {} : { mask: masks[mask]() }),
          ...(seed === undefined ? {} : { key: random.key(seed) }),
        };
        const inputs = [given.q, given.k, given.v].map((values) => tf.tensor4d(values));
        const run = (...[q, k, v]: tf.Tensor[]): tf.Tensor => scaledDotProductAttention(q!, k!, v!, all);
        expect(run(...inputs)).toBeAllclose(y, { rtol: 1e-5, atol: 1e-6 });
        tf.grads(run)(inputs, tf.tensor4d(given.dy)).forEach((gradient, index) =>
          expect(gradient).toBeAllclose(gradients[index]!, { rtol: 1e-5, atol: 4e-6 }),
        );
      }),
    );
  });

  // Scores of around 1 and values of around 1: a softmax of tfjs's own is right to some units in the last place.
  describe.each(sizes)('of [%i, %i], %i queries, %i keys, depths %i and %i', (batch, heads, queries, keys, depth, valueDepth) => {
    test.each(['plain', 'causal', 'added', 'padding', 'both'])("%s: as by tfjs's operations, as are the gradients, atol 1e-5", (kind) => {
      expectNoLeak(() =>
        tf.tidy(() => {
          const [forQ, forK, forV, forDy, forMask] = random.split(random.key(5), 5);
          const inputs = [
            random.normal(forQ, [batch, heads, queries, depth]),
            random.normal(forK, [batch, heads, keys, depth]),
            random.normal(forV, [batch, heads, keys, valueDepth]),
          ];
          const dy = random.normal(forDy, [batch, heads, queries, valueDepth]);
          const isCausal = kind === 'causal' || kind === 'both';
          const masks: Record<string, () => tf.Tensor> = {
            added: () => random.normal(forMask, [heads, queries, keys]),
            // Each example has a length of its own.
            padding: () =>
              tf.tensor4d(
                Uint8Array.from({ length: batch * keys }, (_, i) => (i % keys < Math.max(1, keys - 5 * Math.floor(i / keys) - 2) ? 1 : 0)),
                [batch, 1, 1, keys],
                'bool',
              ),
            both: () => random.normal(forMask, [batch, 1, queries, 1]),
          };
          const mask = masks[kind]?.();
          const options: AttentionOptions = { causal: isCausal, ...(mask === undefined ? {} : { mask }) };
          const asAdded = mask?.dtype === 'bool' ? tf.where(mask, tf.zeros(mask.shape), tf.fill(mask.shape, -Infinity)) : mask;
          const added = isCausal ? tf.add(causal(queries, keys), asAdded ?? 0) : asAdded;
          const ours = (...[q, k, v]: tf.Tensor[]): tf.Tensor => scaledDotProductAttention(q!, k!, v!, options);
          const theirs = (...[q, k, v]: tf.Tensor[]): tf.Tensor => plain(q!, k!, v!, added, 1 / Math.sqrt(Math.max(1, depth)));
          const y = ours(...inputs);
          expect(y.shape).toEqual([batch, heads, queries, valueDepth]);
          if (keys === 0 || y.size === 0 || depth === 0) {
            if (depth > 0) expect(y).toBeAllclose(tf.zeros(y.shape));
            return;
          }
          expect(y).toBeAllclose(theirs(...inputs), { rtol: 1e-5, atol: 1e-5 });
          const expected = tf.grads(theirs)(inputs, dy);
          tf.grads(ours)(inputs, dy).forEach((gradient, index) =>
            expect(gradient).toBeAllclose(expected[index]!, { rtol: 2e-5, atol: 2e-5 }),
          );
        }),
      );
    });
  });

  test('without a depth, all that is seen counts alike', () => {
    tf.tidy(() => {
      const q = tf.zeros([1, 1, 2, 0]);
      const v = tf.tensor4d([[[[1], [3]]]]);
      expect(scaledDotProductAttention(q, q, v)).toBeAllclose([[[[2], [2]]]]);
      expect(scaledDotProductAttention(q, q, v, { causal: true })).toBeAllclose([[[[1], [2]]]]);
    });
  });

  test('scores of thousands do not overflow', () => {
    tf.tidy(() => {
      const q = tf.tensor4d([[[[3000], [-3000]]]]);
      const v = tf.tensor4d([[[[1], [3]]]]);
      expect(scaledDotProductAttention(q, q, v, { scale: 1 })).toBeAllclose([[[[1], [3]]]]);
    });
  });

  test('a query that sees no key gives 0 and a gradient of 0', () => {
    tf.tidy(() => {
      const x = random.normal(random.key(1), [1, 1, 3, 2]);
      const mask = tf.tensor2d([1, 0, 0, 0, 0, 0, 1, 1, 1], [3, 3], 'bool');
      const run = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor): tf.Tensor => scaledDotProductAttention(q, k, v, { mask });
      expect(tf.slice(run(x, x, x), [0, 0, 1, 0], [1, 1, 1, 2])).toBeAllclose([[[[0, 0]]]]);
      const [dq, dk, dv] = tf.grads(run)([x, tf.clone(x), tf.clone(x)], tf.ones([1, 1, 3, 2]));
      expect(tf.slice(dq!, [0, 0, 1, 0], [1, 1, 1, 2])).toBeAllclose([[[[0, 0]]]]);
      for (const gradient of [dq, dk, dv]) expect(gradient!.dataSync().every(Number.isFinite)).toBe(true);
    });
  });

  test('NaN is passed on to what sees it, and to nothing else', () => {
    tf.tidy(() => {
      const x = random.normal(random.key(1), [1, 1, 3, 2]);
      const q = tf.tensor4d([
        [
          [
            [NaN, 1],
            [1, 2],
            [3, 4],
          ],
        ],
      ]);
      expect(Array.from(scaledDotProductAttention(q, x, x).dataSync(), Number.isNaN)).toEqual([true, true, false, false, false, false]);
      const k = tf.tensor4d([
        [
          [
            [1, 1],
            [NaN, 2],
            [3, 4],
          ],
        ],
      ]);
      expect(Array.from(scaledDotProductAttention(x, k, x, { causal: true }).dataSync(), Number.isNaN)).toEqual([
        false,
        false,
        true,
        true,
        true,
        true,
      ]);
    });
  });
});

test('of length 4096, forward and backward, the heap holds tensors of that length, not its square', async () => {
  await disable();
  const runtime = await enable();
  const scores = 4096 * 4096 * 4;
  tf.tidy(() => {
    const inputs = [1, 2, 3, 4].map((seed) => random.normal(random.key(seed), [1, 1, 4096, 8]));
    const before = runtime.memory();
    const held = (): number => runtime.memory().used + runtime.memory().cached;
    const atFirst = before.used + before.cached;
    tf.grads((q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) => scaledDotProductAttention(q, k, v, { causal: true }))(
      inputs.slice(0, 3),
      inputs[3],
    );
    expect(held() - atFirst).toBeLessThan(scores / 8);
    // 16 of the inputs' size: the result, three gradients, and eight times that of q for the parts of the keys.
    expect(held() - atFirst).toBeLessThan(16 * 4096 * 8 * 4 + 2 ** 20);
  });
});
