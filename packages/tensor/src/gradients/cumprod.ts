import * as tf from '@tensorflow/tfjs-core';
import type { CumprodAttrs, GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { asFloat } from './as-float.ts';
import { defineGradient } from './define-gradient.ts';

/** `t[i + by]` in place of `t[i]`, zeros past the end. */
function shifted(t: Tensor, axis: number, by: number): Tensor {
  const n = t.shape[axis] ?? 0;
  const rest = tf.slice(
    t,
    t.shape.map((_, i) => (i === axis ? by : 0)),
    t.shape.map((size, i) => (i === axis ? n - by : size)),
  );
  return tf.pad(
    rest,
    t.shape.map((_, i): [number, number] => [0, i === axis ? by : 0]),
  );
}

/**
 * `dx_i = P_i S_i` with `P_i = prod_{k<i} x_k` and `S_i = dy_i + x_{i+1} S_{i+1}` (exclusive: `dy_{i+1}`).
 *
 * The recurrence is solved by doubling in `log2 n` rounds (Hillis & Steele, Data parallel algorithms, 1986). Unlike
 * `sum(dy y) / x` it is right where elements are 0.
 */
export const cumprodGradient: GradConfig = defineGradient<[Tensor], CumprodAttrs>({
  kernelName: tf.Cumprod,
  inputsToSave: ['x'],
  gradFunc: (dy, [saved], { axis, exclusive, reverse }) => ({
    x: () => {
      if (dy.size === 0) return tf.fill(saved.shape, 0);
      const along = axis < 0 ? axis + saved.rank : axis;
      const turned = (t: Tensor): Tensor => (reverse ? tf.reverse(t, along) : t);
      const x = turned(asFloat(saved));
      const d = turned(dy);
      const n = x.shape[along] ?? 0;
      let sums = exclusive ? shifted(d, along, 1) : d;
      let factors = shifted(x, along, 1);
      for (let reach = 1; reach < n; reach *= 2) {
        sums = tf.add(sums, tf.mul(factors, shifted(sums, along, reach)));
        factors = tf.mul(factors, shifted(factors, along, reach));
      }
      return turned(tf.mul(tf.cumprod(x, along, true), sums));
    },
  }),
});
