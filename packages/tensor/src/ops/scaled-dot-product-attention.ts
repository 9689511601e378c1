import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkNumber, checkTensor, describe } from './arguments.ts';
import { hasKernel, needGradients, runKernel } from './kernel.ts';

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
}

type Shape4D = [batch: number, heads: number, length: number, depth: number];

/**
 * Scaled dot-product attention: softmax(scale · q·kᵀ + mask)·v, for each batch and head.
 *
 * A query that sees no key gives 0, and a gradient of 0.
 *
 * @param q float32[batch, heads, queries, depth].
 * @param k float32[batch, heads, keys, depth].
 * @param v float32[batch, heads, keys, valueDepth].
 * @returns float32[batch, heads, queries, valueDepth], differentiable in q, k and v.
 * @throws {TypeError | RangeError} if an argument has another dtype or shape.
 * @example
 * const x = tf.randomNormal([1, 8, 128, 64]);
 * const y = scaledDotProductAttention(x, x, x, { causal: true });
 *
 * A. Vaswani et al., "Attention Is All You Need", 2017, arXiv 1706.03762. A causal mask begins at the first key, as PyTorch's does.
 */
export function scaledDotProductAttention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  const where = 'scaledDotProductAttention';
  checkTensor(where, 'q', q, { dtype: 'float32', rank: 4 });
  const [batch, heads, queries, depth] = q.shape as Shape4D;
  checkTensor(where, 'k', k, { dtype: 'float32', shape: [batch, heads, null, depth] });
  const keys = k.shape[2] as number;
  checkTensor(where, 'v', v, { dtype: 'float32', shape: [batch, heads, keys, null] });
  const { causal = false, mask, scale = 1 / Math.sqrt(Math.max(1, depth)) } = options;
  if (typeof causal !== 'boolean') throw new TypeError(`${where}: causal is ${describe(causal)}, but must be true or false.`);
  checkNumber(where, 'scale', scale);
  if (mask !== undefined) checkMask(where, mask, [batch, heads, queries, keys]);
  needGradients();
  return hasKernel('XAttention') && fits(q, v) ? tiled(q, k, v, causal, mask, scale) : composed(q, k, v, causal, mask, scale);
}

/** Deeper heads than anybody has don't fit into the kernel's blocks. */
function fits(q: Tensor, v: Tensor): boolean {
  return Math.max(q.shape[3] as number, v.shape[3] as number) <= MOST_DEPTH;
}
export const MOST_DEPTH = 1024;

/** A block of scores at a time, forward and, computed again, backward. */
function tiled(q: Tensor, k: Tensor, v: Tensor, causal: boolean, mask: Tensor | undefined, scale: number): Tensor {
  return tf.tidy(() => {
    const attributes = { causal, scale };
    const masks: Record<string, Tensor> = mask === undefined ? {} : { mask: mask.dtype === 'bool' ? addendOf(mask) : mask };
    const run = tf.customGrad((...inputs) => {
      const [x, y, z] = inputs as unknown as [Tensor, Tensor, Tensor];
      const save = inputs[3] as unknown as tf.GradSaveFunc;
      const [out, logSums] = runKernel<[Tensor, Tensor]>('XAttention', { q: x, k: y, v: z, ...masks }, attributes);
      save([x, y, z, out, logSums, ...Object.values(masks)]);
      const gradFunc = (dout: Tensor, saved: Tensor[]): Tensor[] => {
        const [savedQ, savedK, savedV, savedOut, savedSums, savedMask] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor?];
        const given = {
          q: savedQ,
          k: savedK,
          v: savedV,
          out: savedOut,
          logSums: savedSums,
          dout,
          ...(savedMask ? { mask: savedMask } : {}),
        };
        return runKernel<Tensor[]>('XAttentionGrad', given, attributes);
      };
      return { value: out, gradFunc };
    });
    return run(q, k, v);
  });
}

/** The mask that is added where one says what is seen. */
export function addendOf(sees: Tensor): Tensor {
  return tf.where(sees, tf.zeros(sees.shape), tf.fill(sees.shape, -Infinity));
}

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

function composed(q: Tensor, k: Tensor, v: Tensor, causal: boolean, mask: Tensor | undefined, scale: number): Tensor {
  return tf.tidy(() => {
    const [batch, heads, queries] = q.shape as Shape4D;
    const keys = k.shape[2] as number;
    if (keys === 0) return tf.zeros([batch, heads, queries, v.shape[3] as number]);
    let scores = tf.mul(tf.matMul(q, k, false, true), scale);
    if (causal) scores = whereSeen(upTo(queries, keys), scores);
    if (mask === undefined) return tf.matMul(tf.softmax(scores), v);
    scores = whereSeen(mask.dtype === 'bool' ? mask : tf.notEqual(mask, -Infinity), mask.dtype === 'bool' ? scores : tf.add(scores, mask));
    // A row without any key has no softmax.
    const blind = tf.equal(tf.max(scores, -1, true), -Infinity);
    const probabilities = tf.softmax(tf.where(blind, tf.zerosLike(scores), scores));
    return tf.matMul(tf.where(blind, tf.zerosLike(scores), probabilities), v);
  });
}

/** bool[queries, keys], true where a query comes at or after a key. */
function upTo(queries: number, keys: number): Tensor {
  return tf.greaterEqual(tf.reshape(tf.range(0, queries, 1, 'int32'), [queries, 1]), tf.range(0, keys, 1, 'int32'));
}

function whereSeen(sees: Tensor, scores: Tensor): Tensor {
  return tf.where(sees, scores, tf.fill(scores.shape, -Infinity));
}
