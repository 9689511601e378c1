import { clone, sum, util } from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { asShape } from './as-shape.ts';

/** One axis of a tensor's layout: how long it is and whether it's to be summed away. */
export interface Axis {
  readonly size: number;
  readonly summed: boolean;
}

/**
 * Sums away some axes of `dy` and gives the rest the shape asked for.
 *
 * Neighbouring axes of one kind are merged first, so backends see the least rank possible
 * (a bias gradient of an NHWC image is a plain column sum of a matrix).
 *
 * @param axes the layout of `dy`; the product of the sizes is `dy.size`
 * @param shape shape of the result; its size is the product of the sizes kept
 * @returns `dy` itself when nothing changes
 */
export function sumAxes(dy: Tensor, axes: readonly Axis[], shape: readonly number[]): Tensor {
  const merged: { size: number; summed: boolean }[] = [];
  for (const { size, summed } of axes) {
    if (size === 1) continue;
    const last = merged.at(-1);
    if (last !== undefined && last.summed === summed) last.size *= size;
    else merged.push({ size, summed });
  }
  const reduce = merged.flatMap(({ summed }, i) => (summed ? [i] : []));
  if (reduce.length === 0) return asShape(dy, shape);
  const layout = merged.map(({ size }) => size);
  return asShape(sum(asShape(dy, layout), reduce), shape);
}

/**
 * Undoes a broadcast: sums `dy` over the axes along which a tensor of `shape` was repeated.
 *
 * @param dy gradient of the broadcast result
 * @param shape shape before broadcasting; aligned with `dy`'s last axes
 * @returns a tensor of `shape`; `dy` itself when no axis was repeated
 */
export function sumToShape(dy: Tensor, shape: readonly number[]): Tensor {
  const lead = dy.rank - shape.length;
  const axes = dy.shape.map((size, i) => ({ size, summed: i < lead || (shape[i - lead] === 1 && size !== 1) }));
  return sumAxes(dy, axes, shape);
}

/**
 * `sumToShape` for rules that pass `dy` on unchanged.
 *
 * tfjs disposes a gradient once it has been added to another, so a rule must never hand out `dy` itself: it may be
 * the gradient of two inputs, or still be wanted by the caller.
 */
export function passToShape(dy: Tensor, shape: readonly number[]): Tensor {
  return util.arraysEqual(dy.shape, shape as number[]) ? clone(dy) : sumToShape(dy, shape);
}
