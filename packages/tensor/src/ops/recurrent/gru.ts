import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { gatesOf, projected, timeMajor, weightGradients, type Sequence } from './sequence.ts';

/** What a GRU takes, as {@link Sequence} says, and `recurrentBias` float32[3 · units]. */
export interface GruSequence extends Sequence {
  readonly recurrentBias: Tensor;
}

/**
 * The hidden states float32[length, batch, units]: with (r, z, n) the sums x·weight + bias and (r', z', n') those h·recurrent + recurrentBias,
 * h' = (1 - Z)·tanh(n + R·n') + Z·h, R = σ(r + r'), Z = σ(z + z').
 *
 * Differentiable in every operand. What doesn't depend on the step before is computed for all steps at once, forward and backward.
 */
export function gruSequence({ x, weight, recurrent, bias, recurrentBias, hidden, reverse }: GruSequence): Tensor {
  const run = tf.customGrad((...inputs) => {
    const [x_, w, u, b, e, h0] = inputs as unknown as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
    const save = inputs[6] as unknown as tf.GradSaveFunc;
    const units = u.shape[0] as number;
    const first = timeMajor(x_, reverse);
    const [h, gates]: [Tensor[], Tensor[]] = [[h0], []];
    for (const sums of projected(first, w, b)) {
      const last = h.at(-1) as Tensor;
      const [next, gate] = tf.tidy((): [Tensor, Tensor] => {
        const own = tf.add(tf.matMul(last, u), e);
        const both = tf.sigmoid(tf.add(gatesOf(sums, units, 0, 2), gatesOf(own, units, 0, 2)));
        const [r, z] = [gatesOf(both, units, 0), gatesOf(both, units, 1)];
        const heard = gatesOf(own, units, 2);
        const n = tf.tanh(tf.add(gatesOf(sums, units, 2), tf.mul(r, heard)));
        return [tf.add(n, tf.mul(z, tf.sub(last, n))), tf.concat([both, n, heard], 1)];
      });
      h.push(next);
      gates.push(gate);
    }
    const value = tf.stack(h.slice(1));
    save([first, w, u, tf.stack(h.slice(0, -1)), tf.stack(gates)]);
    return { value, gradFunc: (dy: Tensor, saved: Tensor[]) => tf.tidy(() => gruGradient(dy, saved, reverse)) };
  });
  return run(x, weight, recurrent, bias, recurrentBias, hidden);
}

function gruGradient(dy: Tensor, saved: readonly Tensor[], reverse: boolean): Tensor[] {
  const [xs, ws, us, hs, as] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor];
  const { factors, kept, ofN } = factorsOf(as, hs);
  const dys = tf.unstack(dy);
  let dh: Tensor = tf.zerosLike(dys[0] as Tensor);
  const [all, owns]: [Tensor[], Tensor[]] = [[], []];
  for (let t = dys.length - 1; t >= 0; t--) {
    const [state, own, before] = tf.tidy((): [Tensor, Tensor, Tensor] => {
      const d = tf.add(dh, dys[t] as Tensor);
      const sums = tf.mul(tf.concat([d, d, d], 1), factors[t] as Tensor);
      return [d, sums, tf.add(tf.mul(d, kept[t] as Tensor), tf.matMul(sums, us, false, true))];
    });
    all.push(state);
    owns.push(own);
    dh = before;
  }
  const own = tf.stack(owns.reverse());
  const dz = tf.concat([gatesOf(own, ofN.shape[2] as number, 0, 2), tf.mul(tf.stack(all.reverse()), ofN)], 2);
  const { dx, dWeight, dRecurrent, dBias } = weightGradients({ xs, ws, hs, dz, dh: own, reverse });
  return [dx, dWeight, dRecurrent, dBias, tf.sum(own, [0, 1]), dh];
}

/**
 * What the gradient of h' is multiplied by: for each step, to be those of h·recurrent's sums (r', z', n'), and of h by Z alone; and of
 * all steps, to be that of n.
 */
function factorsOf(gates: Tensor, hs: Tensor): { factors: Tensor[]; kept: Tensor[]; ofN: Tensor } {
  return tf.tidy(() => {
    const units = hs.shape[2] as number;
    const [r, z, n, heard] = [0, 1, 2, 3].map((gate) => gatesOf(gates, units, gate)) as [Tensor, Tensor, Tensor, Tensor];
    const sigmoid = (y: Tensor): Tensor => tf.mul(y, tf.sub(1, y));
    const ofN = tf.mul(tf.sub(1, z), tf.sub(1, tf.square(n)));
    const factors = [tf.mul(tf.mul(ofN, heard), sigmoid(r)), tf.mul(tf.sub(hs, n), sigmoid(z)), tf.mul(ofN, r)];
    return { factors: tf.unstack(tf.concat(factors, 2)), kept: tf.unstack(z), ofN };
  });
}
