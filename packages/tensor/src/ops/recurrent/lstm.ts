import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { gatesOf, projected, timeMajor, weightGradients, type Sequence } from './sequence.ts';

/** What an LSTM takes: x float32[batch, length, inputs] and the rest as {@link Sequence} says, `cell` [batch, units] the first cell state. */
export interface LstmSequence extends Sequence {
  readonly cell: Tensor;
}

/**
 * float32[length + 1, batch, units], the hidden states h and, last, the cell state c after the last step:
 * (i, f, g, o) = x·weight + h·recurrent + bias, c' = σ(f)·c + σ(i)·tanh(g), h' = σ(o)·tanh(c').
 *
 * Differentiable in every operand. What doesn't depend on the step before is computed for all steps at once, forward and backward.
 */
export function lstmSequence({ x, weight, recurrent, bias, hidden, cell, reverse }: LstmSequence): Tensor {
  const run = tf.customGrad((...inputs) => {
    const [x_, w, u, b, h0, c0] = inputs as unknown as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
    const save = inputs[6] as unknown as tf.GradSaveFunc;
    const units = u.shape[0] as number;
    const first = timeMajor(x_, reverse);
    const [h, c, gates]: [Tensor[], Tensor[], Tensor[]] = [[h0], [c0], []];
    for (const z of projected(first, w, b)) {
      const [last, kept] = [h.at(-1) as Tensor, c.at(-1) as Tensor];
      const [next, state, gate] = tf.tidy((): [Tensor, Tensor, Tensor] => {
        const sums = tf.add(z, tf.matMul(last, u));
        const both = tf.sigmoid(gatesOf(sums, units, 0, 2));
        const g = tf.tanh(gatesOf(sums, units, 2));
        const o = tf.sigmoid(gatesOf(sums, units, 3));
        const [i, f] = [gatesOf(both, units, 0), gatesOf(both, units, 1)];
        const sum = tf.add(tf.mul(f, kept), tf.mul(i, g));
        return [tf.mul(o, tf.tanh(sum)), sum, tf.concat([both, g, o], 1)];
      });
      h.push(next);
      c.push(state);
      gates.push(gate);
    }
    const value = tf.stack([...h.slice(1), c.at(-1) as Tensor]);
    // Hidden and cell states before each step, and the cell states after the last.
    save([first, w, u, tf.stack(h.slice(0, -1)), tf.stack(c), tf.stack(gates)]);
    return { value, gradFunc: (dy: Tensor, saved: Tensor[]) => tf.tidy(() => lstmGradient(dy, saved, reverse)) };
  });
  return run(x, weight, recurrent, bias, hidden, cell);
}

function lstmGradient(dy: Tensor, saved: readonly Tensor[], reverse: boolean): Tensor[] {
  const [xs, ws, us, hs, cs, as] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
  const steps = as.shape[0] as number;
  const [factors, ofCell, forget] = factorsOf(as, cs);
  const dys = tf.unstack(dy);
  let dh: Tensor = tf.zerosLike(dys[0] as Tensor);
  let dc = dys[steps] as Tensor;
  const dzs: Tensor[] = [];
  for (let t = steps - 1; t >= 0; t--) {
    const [dz, before, cellBefore] = tf.tidy((): [Tensor, Tensor, Tensor] => {
      const all = tf.add(dh, dys[t] as Tensor);
      const ofState = tf.add(dc, tf.mul(all, ofCell[t] as Tensor));
      const sums = tf.mul(tf.concat([ofState, ofState, ofState, all], 1), factors[t] as Tensor);
      return [sums, tf.matMul(sums, us, false, true), tf.mul(ofState, forget[t] as Tensor)];
    });
    dzs.push(dz);
    [dh, dc] = [before, cellBefore];
  }
  const dz = tf.stack(dzs.reverse());
  const { dx, dWeight, dRecurrent, dBias } = weightGradients({ xs, ws, hs, dz, reverse });
  return [dx, dWeight, dRecurrent, dBias, dh, dc];
}

/**
 * For each step, what the gradients of (c, c, c, h) are multiplied by to be those of the sums of (i, f, g, o); what that of h is
 * multiplied by to be one of c; and the share of c that goes on to the step before.
 */
function factorsOf(gates: Tensor, cells: Tensor): [Tensor[], Tensor[], Tensor[]] {
  return tf.tidy(() => {
    const [steps, batch, columns] = gates.shape as [number, number, number];
    const units = columns / 4;
    const [i, f, g, o] = [0, 1, 2, 3].map((gate) => gatesOf(gates, units, gate)) as [Tensor, Tensor, Tensor, Tensor];
    const before = tf.slice(cells, [0, 0, 0], [steps, batch, units]);
    const after = tf.tanh(tf.slice(cells, [1, 0, 0], [steps, batch, units]));
    const sigmoid = (y: Tensor): Tensor => tf.mul(y, tf.sub(1, y));
    const tanh = (y: Tensor): Tensor => tf.sub(1, tf.square(y));
    const factors = [tf.mul(g, sigmoid(i)), tf.mul(before, sigmoid(f)), tf.mul(i, tanh(g)), tf.mul(after, sigmoid(o))];
    return [tf.unstack(tf.concat(factors, 2)), tf.unstack(tf.mul(o, tanh(after))), tf.unstack(f)];
  });
}
