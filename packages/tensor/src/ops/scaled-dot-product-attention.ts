import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { AttentionDropout } from '../kernels/attention.ts';
import type { Key } from '../random/key.ts';
import { checkOptions } from './argument-kinds.ts';
import { checkNumber, checkTensor, describe } from './arguments.ts';
import { attentionDropout, keptProbabilities } from './attention-dropout.ts';
import { hasKernel, needGradients } from './kernel.ts';
import { runAttention } from './run-attention.ts';

export interface AttentionOptions {
  /** Whether query i sees keys 0 to i only. Default false. */
  readonly causal?: boolean;
  /**
   * What each query sees, broadcast to [batch, heads, queries, keys]: bool, true where it sees the key, or float32, added to
   * the scores (-Infinity where it doesn't); not differentiated. Default: everything.
   */
  readonly mask?: Tensor;
  /** Factor of the scores. Default 1 / sqrt(depth). */
  readonly scale?: number;
  /**
   * Part of the probabilities that is dropped, the others being divided by what is left, for training. Default 0. Those of a key's
   * stream are dropped, for any number of threads, and again when a pass is done again; the rate is rounded to 2^-16.
   */
  readonly dropout?: number;
  /** Draws what is dropped; needed for it. */
  readonly key?: Key;
}

type Shape4D = [batch: number, heads: number, length: number, depth: number];

/**
 * Scaled dot-product attention: dropout(softmax(scale · q·kᵀ + mask))·v, for each batch and head.
 *
 * A query that sees no key gives 0, and a gradient of 0.
 *
 * @param q float32[batch, heads, queries, depth].
 * @param k float32[batch, heads, keys, depth].
 * @param v float32[batch, heads, keys, valueDepth].
 * @returns float32[batch, heads, queries, valueDepth], differentiable in q, k and v.
 * @throws {TypeError | RangeError} if an argument has another dtype or shape, or an option is invalid.
 * @example
 * const x = tf.randomNormal([1, 8, 128, 64]);
 * const y = scaledDotProductAttention(x, x, x, { causal: true });
 *
 * A. Vaswani et al., "Attention Is All You Need", 2017, arXiv 1706.03762. A causal mask begins at the first key, as PyTorch's does.
 */
export function scaledDotProductAttention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  checkOptions('scaledDotProductAttention', options);
  const where = 'scaledDotProductAttention';
  checkTensor(where, 'q', q, { dtype: 'float32', rank: 4 });
  const [batch, heads, queries, depth] = q.shape as Shape4D;
  checkTensor(where, 'k', k, { dtype: 'float32', shape: [batch, heads, null, depth] });
  const keys = k.shape[2] as number;
  checkTensor(where, 'v', v, { dtype: 'float32', shape: [batch, heads, keys, null] });
  const { causal = false, mask, scale = 1 / Math.sqrt(Math.max(1, depth)), dropout: rate = 0, key } = options;
  if (typeof causal !== 'boolean') throw new TypeError(`${where}: causal is ${describe(causal)}, but must be true or false.`);
  checkNumber(where, 'scale', scale);
  if (mask !== undefined) checkMask(where, mask, [batch, heads, queries, keys]);
  const dropout = attentionDropout(where, rate, key);
  needGradients();
  if (hasKernel('XAttention') && fits(q, v)) return runAttention('XAttention', { q, k, v }, mask, { causal, scale, dropout });
  return composed(q, k, v, { causal, scale, mask, dropout });
}

/** Deeper heads than anybody has don't fit into the kernel's blocks. */
function fits(q: Tensor, v: Tensor): boolean {
  return Math.max(q.shape[3] as number, v.shape[3] as number) <= MOST_DEPTH;
}
export const MOST_DEPTH = 1024;

/** @throws {TypeError | RangeError} if the mask is neither, or doesn't broadcast `to` [batch, heads, queries, keys]. */
export function checkMask(where: string, mask: Tensor, to: readonly number[]): void {
  checkTensor(where, 'mask', mask, {
    dtype: ['bool', 'float32'],
    remedy: 'A mask is bool, true where a query sees a key, or float32, added to the scores.',
  });
  const fits = mask.rank <= 4 && mask.shape.every((size, axis) => size === 1 || size === to[axis + 4 - mask.rank]);
  if (!fits)
    throw new RangeError(
      `${where}: mask is ${describe(mask)}, but its shape must broadcast to [batch, heads, queries, keys], here [${to.join(', ')}].`,
    );
}

interface Settings {
  readonly causal: boolean;
  readonly scale: number;
  readonly mask: Tensor | undefined;
  readonly dropout: AttentionDropout | undefined;
}

function composed(q: Tensor, k: Tensor, v: Tensor, { causal, scale, mask, dropout }: Settings): Tensor {
  return tf.tidy(() => {
    const [batch, heads, queries] = q.shape as Shape4D;
    const keys = k.shape[2] as number;
    if (keys === 0) return tf.zeros([batch, heads, queries, v.shape[3] as number]);
    const heard = (probabilities: Tensor): Tensor =>
      tf.matMul(dropout ? tf.mul(probabilities, keptProbabilities(dropout, [batch, heads, queries, keys])) : probabilities, v);
    let scores = tf.mul(tf.matMul(q, k, false, true), scale);
    if (causal) scores = whereSeen(upTo(queries, keys), scores);
    if (mask === undefined) return heard(tf.softmax(scores));
    scores = whereSeen(mask.dtype === 'bool' ? mask : tf.notEqual(mask, -Infinity), mask.dtype === 'bool' ? scores : tf.add(scores, mask));
    // A row without any key has no softmax.
    const blind = tf.equal(tf.max(scores, -1, true), -Infinity);
    const probabilities = tf.softmax(tf.where(blind, tf.zerosLike(scores), scores));
    return heard(tf.where(blind, tf.zerosLike(scores), probabilities));
  });
}

/** bool[queries, keys], true where a query comes at or after a key. */
function upTo(queries: number, keys: number): Tensor {
  return tf.greaterEqual(tf.reshape(tf.range(0, queries, 1, 'int32'), [queries, 1]), tf.range(0, keys, 1, 'int32'));
}

function whereSeen(sees: Tensor, scores: Tensor): Tensor {
  return tf.where(sees, scores, tf.fill(scores.shape, -Infinity));
}
