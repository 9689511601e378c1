import * as tf from '@tensorflow/tfjs-core';
import type { EinsumAttrs, GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { asShape } from './as-shape.ts';
import { defineGradient } from './define-gradient.ts';
import { repeatToShape } from './repeat-to-shape.ts';

interface Term {
  readonly labels: string;
  readonly tensor: Tensor;
}

/** Sums away the labels that nothing else of the contraction mentions. */
function without({ labels, tensor }: Term, mentioned: string): Term {
  const axes = [...labels].flatMap((label, i) => (mentioned.includes(label) ? [] : [i]));
  if (axes.length === 0) return { labels, tensor };
  return { labels: [...labels].filter((label) => mentioned.includes(label)).join(''), tensor: tf.sum(tensor, axes) };
}

/** A term with just the labels of `out`, in their order. */
function ordered({ labels, tensor }: Term, out: string): Tensor {
  if (labels === out) return tensor;
  return tf.transpose(
    tensor,
    [...out].map((label) => labels.indexOf(label)),
  );
}

const picked = (labels: string, test: (label: string) => boolean): string => [...labels].filter(test).join('');

/**
 * The product of two terms, summed over the labels not in `out`, as one product of stacks of matrices.
 *
 * Not by tfjs's einsum, whose kernels sum wrongly over two labels at once (`bsd,bse->de`, the gradient of every shared
 * matrix) and refuse scalars.
 */
function contract(a: Term, b: Term, out: string): Tensor {
  const [left, right] = [without(a, b.labels + out), without(b, a.labels + out)];
  const sizes = new Map([left, right].flatMap(({ labels, tensor }) => [...labels].map((l, i) => [l, tensor.shape[i] ?? 1])));
  const size = (labels: string): number => [...labels].reduce((n, label) => n * (sizes.get(label) ?? 1), 1);
  const batch = picked(left.labels, (l) => right.labels.includes(l) && out.includes(l));
  const summed = picked(left.labels, (l) => right.labels.includes(l) && !out.includes(l));
  const rows = picked(left.labels, (l) => !right.labels.includes(l));
  const columns = picked(right.labels, (l) => !left.labels.includes(l));
  const transposeA = left.labels === batch + summed + rows;
  const transposeB = right.labels === batch + columns + summed;
  const stackA = transposeA ? left.tensor : ordered(left, batch + rows + summed);
  const stackB = transposeB ? right.tensor : ordered(right, batch + summed + columns);
  const [n, m, k, w] = [size(batch), size(rows), size(summed), size(columns)];
  const product = tf.matMul(
    tf.reshape(stackA, transposeA ? [n, k, m] : [n, m, k]),
    tf.reshape(stackB, transposeB ? [n, w, k] : [n, k, w]),
    transposeA,
    transposeB,
  );
  const labels = batch + rows + columns;
  return ordered(
    {
      labels,
      tensor: tf.reshape(
        product,
        [...labels].map((l) => sizes.get(l) ?? 1),
      ),
    },
    out,
  );
}

/**
 * The gradient of one operand is `dy` contracted with the other operand, by the same labels.
 *
 * Labels that the operand alone has were summed over; along them the gradient is the same everywhere.
 */
export const einsumGradient: GradConfig = defineGradient<Tensor[], EinsumAttrs>({
  kernelName: tf.Einsum,
  saveAllInputs: true,
  gradFunc: (dy, operands, { equation }) => {
    const [left = '', out = ''] = equation.replaceAll(/\s/g, '').split('->');
    const terms = left.split(',');
    if (operands.length > 2) {
      throw new Error(`gradient of einsum '${equation}': expected at most 2 operands, got ${operands.length}; contract them in pairs`);
    }
    return operands.map((operand, k) => () => {
      const upstream = { labels: out, tensor: dy };
      const own = terms[k] ?? '';
      const other = operands.length === 2 ? { labels: terms[1 - k] ?? '', tensor: operands[1 - k] as Tensor } : undefined;
      const known = [...own].filter((label) => (out + (other?.labels ?? '')).includes(label)).join('');
      const partial = other === undefined ? ordered(upstream, known) : contract(upstream, other, known);
      const kept = [...own].map((label, i) => (known.includes(label) ? (operand.shape[i] ?? 1) : 1));
      const dx = repeatToShape(asShape(partial, kept), operand.shape);
      return dx === dy ? tf.clone(dy) : dx;
    });
  },
});
