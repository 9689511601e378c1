import type { Kernels } from '../../runtime/kernels.ts';
import { floorLog2, type RoundingCounts } from '../reference/storage/round.ts';
import type { SmallFloat } from './small-float.ts';

/** Elements of a work item: see wasm/storage/round.ts. */
const ITEM = 4096;

export interface Round {
  readonly x: number;
  readonly to: number;
  readonly count: number;
  readonly format: SmallFloat;
  readonly saturate: boolean;
  /** What results are multiplied by. */
  readonly after: number;
  /** Draws what rounds up or down at random; not of blocks. */
  readonly key?: readonly [number, number];
  /** Blocks along rows of `width` that share a power of two. */
  readonly blocks?: { readonly width: number; readonly size: number };
}

const float = new Float32Array(1);
const word = new Int32Array(float.buffer);

/** to[i] = the number of the format nearest to x[i]. */
export function roundFloats(kernels: Kernels, { x, to, count, format, saturate, after, key, blocks }: Round): RoundingCounts {
  const { heap, threads } = kernels;
  const { mantissaBits, max, leastNormal, least, nonFinite } = format;
  const counts = heap.allocate(16);
  heap.words.fill(0, counts / 4, counts / 4 + 4);
  const beyond = saturate || blocks || nonFinite === 'finite' ? max : nonFinite === 'ieee' ? Infinity : Number.NaN;
  // The last bit kept; without a mantissa there is none, and what lies halfway goes up.
  const unit = 2 ** (23 - mantissaBits);
  float[0] = least / 2;
  const { words, floats } = threads;
  const p = threads.parameters();
  words.set([x, to, count], p);
  floats[p + 3] = after;
  words[p + 4] = counts;
  words[p + 5] = mantissaBits === 0 ? unit / 2 : unit / 2 - 1;
  words[p + 6] = mantissaBits === 0 ? -(2 ** 31) : unit;
  words[p + 7] = -unit;
  floats[p + 8] = 1.5 * 2 ** 23 * least;
  floats[p + 9] = leastNormal;
  floats[p + 10] = max;
  floats[p + 11] = beyond;
  floats[p + 12] = nonFinite === 'fnuz' ? 0 : -0;
  words[p + 13] = word[0] as number;
  floats[p + 14] = nonFinite === 'fnuz' ? Number.NaN : beyond;
  floats[p + 15] = nonFinite === 'finite' ? -0 : Number.NaN;
  if (blocks) {
    words.set([blocks.width, blocks.size, floorLog2(max)], p + 16);
    threads.run(kernels.number('f32_round_blocks'), count / Math.max(blocks.width, 1), Math.ceil(16384 / blocks.width));
  } else {
    if (key) words.set(key, p + 16);
    floats[p + 18] = unit;
    floats[p + 19] = least;
    threads.run(kernels.number(key ? 'f32_round_random' : 'f32_round'), Math.ceil(count / ITEM), 4);
  }
  const at = counts / 4;
  const overflowed = heap.words[at] as number;
  const result = {
    overflowed,
    underflowed: heap.words[at + 1] as number,
    largest: heap.floats[at + 2] as number,
    nonFinite: (heap.words[at + 3] as number) + (blocks || Number.isFinite(beyond) ? 0 : overflowed),
  };
  heap.release(counts, 16);
  return result;
}
