import { fill, tile } from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { asShape } from './as-shape.ts';

/**
 * Repeats `x` along its axes of length 1 until it has `shape`; the gradient of a sum.
 *
 * Neighbouring axes of one kind are merged first, and empty shapes are allowed, which `broadcastTo` refuses.
 *
 * @param x tensor of the same rank as `shape`, each axis equal or 1
 * @returns `x` itself when the shapes are equal
 */
export function repeatToShape(x: Tensor, shape: readonly number[]): Tensor {
  if (shape.includes(0)) return fill(shape as number[], 0);
  const layout: number[] = [];
  const repeats: number[] = [];
  let previous: 'kept' | 'repeated' | undefined;
  for (const [i, size] of shape.entries()) {
    if (size === 1) continue;
    const kind = x.shape[i] === size ? 'kept' : 'repeated';
    if (kind === previous) {
      const target = kind === 'kept' ? layout : repeats;
      target.push((target.pop() ?? 1) * size);
    } else {
      layout.push(kind === 'kept' ? size : 1);
      repeats.push(kind === 'kept' ? 1 : size);
    }
    previous = kind;
  }
  if (repeats.every((n) => n === 1)) return asShape(x, shape);
  return asShape(tile(asShape(x, layout), repeats), shape);
}
