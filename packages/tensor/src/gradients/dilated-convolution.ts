import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** How a dilated convolution of stride 1 becomes a plain one: its image is dealt out over a larger batch. */
export interface Dealing {
  /** `x` as the plain convolution sees it: dealt out, padded where need be; that convolution is 'valid', stride 1. */
  deal(x: Tensor): Tensor;
  /** The output's gradient, dealt out likewise. */
  dealOutput(dy: Tensor): Tensor;
  /** Undoes `deal`, dropping what was padding. */
  collect(dx: Tensor): Tensor;
}

/**
 * With dilation `d` a filter only ever meets pixels `d` apart, so the image falls into `d` interleaved images that never
 * mix; the plain backward kernels then serve, which know no dilation.
 *
 * @param sizes spatial sizes of `x`, which lie behind its batch axis
 * @param dilations one per spatial axis
 * @param pads zeros before and after each spatial axis
 */
export function dealing(sizes: readonly number[], dilations: number[], pads: readonly (readonly [number, number])[]): Dealing {
  const spare = sizes.map((size, i) => {
    const [before, after] = pads[i] ?? [0, 0];
    const d = dilations[i] ?? 1;
    return (d - ((size + before + after) % d)) % d;
  });
  const paddings = pads.map(([before, after], i) => [before, after + (spare[i] ?? 0)]);
  const ends = spare.map((n) => [0, n]);
  return {
    deal: (x) => tf.spaceToBatchND(x, dilations, paddings),
    dealOutput: (dy) => tf.spaceToBatchND(dy, dilations, ends),
    collect: (dx) => tf.batchToSpaceND(dx, dilations, paddings),
  };
}
