import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { random, scaledDotProductAttention, type AttentionOptions } from '../../src/index.ts';
import { multiHeadAttention } from '../../src/ops/multi-head-attention.ts';
import { backends, useBackend } from '../backends.ts';

/** Each head in a place of its own, by tfjs's operations, then one attention, and the heads joined. */
function apart(parts: readonly tf.Tensor[], heads: number, options: AttentionOptions): tf.Tensor {
  const [q, k, v] = parts
    .flatMap((part, index) => tf.split(part, parts.length === 1 ? 3 : 1 + index, -1))
    .map((x) => {
      const [batch, length, width] = x.shape as [number, number, number];
      return tf.transpose(tf.reshape(x, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
    });
  const joined = tf.transpose(scaledDotProductAttention(q!, k!, v!, options), [0, 2, 1, 3]);
  return tf.reshape(joined, [joined.shape[0]!, joined.shape[1]!, heads * joined.shape[3]!]);
}

/** Batch, heads, queries, keys (0: self-attention), width. */
const sizes = [
  [1, 2, 70, 0, 24],
  [3, 8, 20, 0, 128],
  [1, 1, 40, 90, 5],
  [2, 3, 33, 17, 12],
  [0, 2, 3, 0, 8],
  [2, 2, 4, 0, 0],
] as const;

describe.each(backends)('%s', (backend) => {
  beforeAll(() => useBackend(backend));

  // The same products in the same order, or nearly: scores and values are around 1.
  describe.each(sizes)('of %i, %i heads, %i queries, %i keys, width %i', (batch, heads, queries, keys, width) => {
    test.each(['plain', 'causal', 'padding'])('%s: as heads apart, and its gradients, 1e-5', (kind) => {
      expectNoLeak(() =>
        tf.tidy(() => {
          const [forQuery, forMemory, forDy] = random.split(random.key(3), 3);
          const inputs =
            keys === 0
              ? [random.normal(forQuery, [batch, queries, 3 * width])]
              : [random.normal(forQuery, [batch, queries, width]), random.normal(forMemory, [batch, keys, 2 * width])];
          const length = keys || queries;
          const seen = Uint8Array.from({ length: batch * length }, (_, i) => (i % length < length - 2 * Math.floor(i / length) ? 1 : 0));
          const options: AttentionOptions = {
            causal: kind === 'causal',
            ...(kind === 'padding' ? { mask: tf.tensor4d(seen, [batch, 1, 1, length], 'bool') } : {}),
          };
          const ours = (...parts: tf.Tensor[]): tf.Tensor => multiHeadAttention('test', parts, heads, options);
          const theirs = (...parts: tf.Tensor[]): tf.Tensor => apart(parts, heads, options);
          const dy = random.normal(forDy, [batch, queries, width]);
          expect(ours(...inputs)).toBeAllclose(theirs(...inputs), { rtol: 1e-5, atol: 1e-5 });
          const expected = tf.grads(theirs)(inputs, dy);
          tf.grads(ours)(inputs, dy).forEach((gradient, index) =>
            expect(gradient).toBeAllclose(expected[index]!, { rtol: 1e-5, atol: 1e-5 }),
          );
        }),
      );
    });
  });
});
