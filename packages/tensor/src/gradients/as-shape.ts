import { reshape, util } from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** `x` itself when it has the shape already, else `reshape(x, shape)`: saves a kernel call on the hot path. */
export function asShape(x: Tensor, shape: readonly number[]): Tensor {
  return util.arraysEqual(x.shape, shape as number[]) ? x : reshape(x, shape as number[]);
}
