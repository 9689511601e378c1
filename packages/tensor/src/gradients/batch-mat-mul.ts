import * as tf from '@tensorflow/tfjs-core';
import type { BatchMatMulAttrs, GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { asFloat } from './as-float.ts';
import { asShape } from './as-shape.ts';
import { defineGradient } from './define-gradient.ts';
import { repeatToShape } from './repeat-to-shape.ts';
import { sumToShape } from './sum-to-shape.ts';

/** All batch axes and the rows of a stack of matrices as the rows of one matrix; no data moves. */
function asMatrix(x: Tensor): Tensor {
  const width = x.shape.at(-1) ?? 1;
  return asShape(x, [x.size / Math.max(width, 1), width]);
}

/**
 * A product of two stacks whose batch axes are those of `dy`, repeated where need be.
 *
 * tfjs's kernels read the shorter stack over and over, which is right only when the axes it lacks come first; an operand
 * that lacks later ones is repeated in memory.
 */
function product(a: Tensor, b: Tensor, dy: Tensor, transposeA: boolean, transposeB: boolean): Tensor {
  const batch = dy.shape.slice(0, -2);
  const stacked = (x: Tensor): Tensor => {
    const own = x.shape.slice(0, -2);
    const kept = own.slice(own.findIndex((n) => n !== 1));
    if (kept.every((n) => n === 1) || kept.join() === batch.slice(batch.length - kept.length).join()) return x;
    const missing = Array<number>(batch.length - own.length).fill(1);
    const matrix = x.shape.slice(-2);
    return repeatToShape(asShape(x, [...missing, ...own, ...matrix]), [...batch, ...matrix]);
  };
  return tf.matMul(stacked(a), stacked(b), transposeA, transposeB);
}

const isOneMatrix = (x: Tensor): boolean => x.shape.slice(0, -2).every((n) => n === 1);

/**
 * `y = op(a) op(b)` over broadcast batch axes, `op` a transpose or nothing: each gradient is one product with the
 * transposes folded into its flags, summed over the batch axes along which its operand was repeated.
 *
 * A single matrix times a stack of them (a dense layer over a sequence) takes one large product instead of many small
 * ones and a sum.
 */
export const batchMatMulGradient: GradConfig = defineGradient<[Tensor, Tensor], BatchMatMulAttrs>({
  kernelName: tf.BatchMatMul,
  inputsToSave: ['a', 'b'],
  gradFunc: (dy, [a, b], { transposeA, transposeB }) => {
    const stack = !transposeA && isOneMatrix(b) && dy.rank > 2 && dy.size > 0;
    return {
      a: () => {
        const fb = asFloat(b);
        if (transposeA) return sumToShape(product(fb, dy, dy, transposeB, true), a.shape);
        if (stack) {
          const rows = tf.matMul(asMatrix(dy), asMatrix(fb), false, !transposeB);
          return sumToShape(asShape(rows, [...dy.shape.slice(0, -1), a.shape.at(-1) ?? 1]), a.shape);
        }
        return sumToShape(product(dy, fb, dy, false, !transposeB), a.shape);
      },
      b: () => {
        const fa = asFloat(a);
        if (stack && a.size / (a.shape.at(-1) ?? 1) === dy.size / (dy.shape.at(-1) ?? 1)) {
          const [rows, dRows] = [asMatrix(fa), asMatrix(dy)];
          const db = transposeB ? tf.matMul(dRows, rows, true, false) : tf.matMul(rows, dRows, true, false);
          return asShape(db, b.shape);
        }
        const db = transposeB ? product(dy, fa, dy, true, transposeA) : product(fa, dy, dy, !transposeA, false);
        return sumToShape(db, b.shape);
      },
    };
  },
});
