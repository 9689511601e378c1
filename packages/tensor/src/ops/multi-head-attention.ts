import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { attentionDropout } from './attention-dropout.ts';
import { hasKernel } from './kernel.ts';
import { runAttention } from './run-attention.ts';
import { checkMask, MOST_DEPTH, scaledDotProductAttention, type AttentionOptions } from './scaled-dot-product-attention.ts';

/**
 * {@link scaledDotProductAttention} of heads that lie side by side, as a linear map gives them, and not each in a place of its own:
 * of `parts`, [batch, length, 3 · width] with queries, keys and values, or [batch, queries, width] and
 * [batch, keys, 2 · width]. Gives [batch, queries, width], differentiable in the parts, which are not checked.
 */
export function multiHeadAttention(
  where: string,
  parts: readonly Tensor[],
  heads: number,
  options: Omit<AttentionOptions, 'scale'>,
): Tensor {
  const [query, keyValue = query] = parts as [Tensor, Tensor?];
  const [batch, queries, columns] = query.shape as [number, number, number];
  const depth = (parts.length === 1 ? columns / 3 : columns) / heads;
  const { causal = false, mask, dropout: rate = 0, key } = options;
  if (mask) checkMask(where, mask, [batch, heads, queries, keyValue.shape[1] as number]);
  if (!hasKernel('XMultiHeadAttention') || depth > MOST_DEPTH) return separately(parts, heads, options);
  const dropout = attentionDropout(where, rate, key);
  const operands: Record<string, Tensor> = parts.length === 1 ? { query } : { query, keyValue };
  return runAttention('XMultiHeadAttention', operands, mask, { causal, heads, scale: 1 / Math.sqrt(depth), dropout });
}

function separately(parts: readonly Tensor[], heads: number, options: AttentionOptions): Tensor {
  return tf.tidy(() => {
    /** [batch, length, n · width] as n tensors [batch, heads, length, depth]. */
    const split = (x: Tensor, n: number): Tensor[] => {
      const [batch, length, columns] = x.shape as [number, number, number];
      return tf.unstack(tf.transpose(tf.reshape(x, [batch, length, n, heads, columns / n / heads]), [2, 0, 3, 1, 4]));
    };
    const [first, second] = parts as [Tensor, Tensor?];
    const [q, k, v] = (second ? [...split(first, 1), ...split(second, 2)] : split(first, 3)) as [Tensor, Tensor, Tensor];
    const [batch, , queries, depth] = q.shape as [number, number, number, number];
    return tf.reshape(tf.transpose(scaledDotProductAttention(q, k, v, options), [0, 2, 1, 3]), [batch, queries, heads * depth]);
  });
}
