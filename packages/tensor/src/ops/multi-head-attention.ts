import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { hasKernel, runKernel } from './kernel.ts';
import { addendOf, checkMask, MOST_DEPTH, scaledDotProductAttention, type AttentionOptions } from './scaled-dot-product-attention.ts';

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
  const { causal = false, mask } = options;
  if (mask) checkMask(where, mask, [batch, heads, queries, keyValue.shape[1] as number]);
  if (!hasKernel('XMultiHeadAttention') || depth > MOST_DEPTH) return separately(parts, heads, options);
  return tf.tidy(() => {
    const attributes = { causal, heads, scale: 1 / Math.sqrt(depth) };
    const masks: Record<string, Tensor> = mask ? { mask: mask.dtype === 'bool' ? addendOf(mask) : mask } : {};
    const named = (given: readonly Tensor[]): Record<string, Tensor> =>
      given.length === 1 ? { query: given[0] as Tensor } : { query: given[0] as Tensor, keyValue: given[1] as Tensor };
    const run = tf.customGrad((...inputs) => {
      const given = inputs.slice(0, parts.length) as Tensor[];
      const save = inputs[parts.length] as unknown as tf.GradSaveFunc;
      const [out, logSums] = runKernel<[Tensor, Tensor]>('XMultiHeadAttention', { ...named(given), ...masks }, attributes);
      save([...given, out, logSums, ...Object.values(masks)]);
      const gradFunc = (dout: Tensor, saved: Tensor[]): Tensor[] => {
        const [savedOut, savedSums, savedMask] = saved.slice(parts.length) as [Tensor, Tensor, Tensor?];
        return runKernel<Tensor[]>(
          'XMultiHeadAttentionGrad',
          { ...named(saved.slice(0, parts.length)), out: savedOut, logSums: savedSums, dout, ...(savedMask ? { mask: savedMask } : {}) },
          attributes,
        );
      };
      return { value: out, gradFunc };
    });
    return run(...parts);
  });
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
