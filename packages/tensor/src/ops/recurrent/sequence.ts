import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { linear } from '../linear.ts';

/** What a recurrent network of `units` with n sums for each takes. */
export interface Sequence {
  /** float32[batch, length, inputs], length at least 1. */
  readonly x: Tensor;
  /** float32[inputs, n · units]. */
  readonly weight: Tensor;
  /** float32[units, n · units]. */
  readonly recurrent: Tensor;
  /** float32[n · units]. */
  readonly bias: Tensor;
  /** float32[batch, units], the state before the first step. */
  readonly hidden: Tensor;
  /** Whether the last step of x comes first. */
  readonly reverse: boolean;
}

/** [batch, length, n] as [length, batch, n], in the order of the steps; or the other way round. */
export function timeMajor(x: Tensor, reverse: boolean): Tensor {
  const turned = tf.transpose(x, [1, 0, 2]);
  return reverse ? tf.reverse(turned, 0) : turned;
}

/** The same back, from the order of the steps to [batch, length, n]. */
export function batchMajor(x: Tensor, reverse: boolean): Tensor {
  return tf.transpose(reverse ? tf.reverse(x, 0) : x, [1, 0, 2]);
}

/** The columns of gate `first`, and of the `count - 1` gates after it, of `units` each. */
export function gatesOf(x: Tensor, units: number, first: number, count = 1): Tensor {
  const before = x.shape.slice(0, -1);
  return tf.slice(x, [...before.map(() => 0), first * units], [...before, count * units]);
}

/** x·weight + bias of each step, in one product. */
export function projected(xs: Tensor, weight: Tensor, bias: Tensor): Tensor[] {
  return tf.tidy(() => tf.unstack(linear(xs, weight, bias)));
}

/** From the gradient dz [length, batch, n · units] of the sums those of x, both weights and the bias, each in one product. */
export function weightGradients({
  xs,
  ws,
  hs,
  dz,
  dh = dz,
  reverse,
}: {
  readonly xs: Tensor;
  readonly ws: Tensor;
  /** Hidden states before each step. */
  readonly hs: Tensor;
  readonly dz: Tensor;
  /** That of h·recurrent, where it is another. */
  readonly dh?: Tensor;
  readonly reverse: boolean;
}): Record<'dx' | 'dWeight' | 'dRecurrent' | 'dBias', Tensor> {
  return tf.tidy(() => {
    const rows = (x: Tensor): tf.Tensor2D => tf.reshape(x, [-1, x.shape[2] as number]);
    const sums = rows(dz);
    const dx = tf.reshape(tf.matMul(sums, ws as tf.Tensor2D, false, true), xs.shape);
    return {
      dx: batchMajor(dx, reverse),
      dWeight: tf.matMul(rows(xs), sums, true),
      dRecurrent: tf.matMul(rows(hs), rows(dh), true),
      dBias: tf.sum(sums, 0),
    };
  });
}
