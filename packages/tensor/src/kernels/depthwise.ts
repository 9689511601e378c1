import { SCRATCH_BYTES } from '../runtime/control.ts';
import type { Kernels } from '../runtime/kernels.ts';
import type { ConvEpilogue } from './conv.ts';
import {
  sweep,
  tapBytes,
  transposedSweeps,
  WINDOW_WORDS,
  windowsOf,
  writeSweep,
  writeTaps,
  type Sweep,
  type Windows,
} from './conv-windows.ts';
import { fill } from './fill.ts';
import { gemmActivations } from './product.ts';
import { reduce } from './reduce.ts';

/** Taps of the largest window that a thread's scratch can list. */
const MOST_TAPS = 100_000;
/** Multiplications that a thread should get at least. */
const SHARE = 16384;
const MOST_PARTS = 16;
/** Channels of a block, taps of the largest window, and bytes of the rows of a strip, of `f32_depthwise_strips`: at most, and better not more. */
const BLOCK = 16;
const STRIP_TAPS = 1024;
const STRIP_BYTES = SCRATCH_BYTES - 80 * 1024;
const CACHED_BYTES = 48 * 1024;
/** Work items per thread, where there are as many, and rows of windows below which an item would copy more than it computes. */
const ITEMS = 8;
const LEAST_ROWS = 4;

/** out[b, q, c] = activation(sum of x[b, q + tap, c]·filter[tap, c] + bias[c]). */
export function depthwise(kernels: Kernels, windows: Windows, x: number, filter: number, to: number, epilogue: ConvEpilogue = {}): void {
  run(kernels, sweep(windows, windows.channels), x, filter, to, epilogue);
}

/** The gradient of the images of {@link depthwise} from its output's. */
export function depthwiseInputGradient(kernels: Kernels, windows: Windows, dy: number, filter: number, to: number): void {
  const { batch, image, channels } = windows;
  const sweeps = transposedSweeps(windows, channels);
  if (sweeps.some(({ taps }) => taps.length === 0)) fill(kernels, to, batch * image[0] * image[1] * image[2] * channels * 4, 0);
  for (const swept of sweeps) if (swept.taps.length > 0) run(kernels, swept, dy, filter, to, {});
}

function run(
  kernels: Kernels,
  swept: Sweep,
  x: number,
  filter: number,
  to: number,
  { bias = 0, activation = 'linear', slope = 0 }: ConvEpilogue,
): void {
  const count = windowsOf(swept);
  if (count === 0 || swept.channels === 0) return;
  if (swept.taps.length > MOST_TAPS)
    throw new RangeError(
      `A depthwise convolution with a window of ${swept.taps.length} taps is more than the kernels' scratch has room for, ${MOST_TAPS}; split the window, or use conv2d.`,
    );
  const { threads } = kernels;
  const taps = kernels.workspace(tapBytes(swept));
  writeTaps(kernels, swept, taps);
  const p = threads.parameters();
  writeSweep(kernels, p, swept, x, to, taps);
  threads.words.set([filter, bias, gemmActivations[activation]], p + WINDOW_WORDS);
  threads.floats[p + WINDOW_WORDS + 3] = slope;
  const strips = stripsOf(swept, threads.count);
  const [, , width] = swept.grid;
  if (!strips) {
    threads.run(kernels.number('f32_depthwise'), count / width, Math.ceil(SHARE / (width * swept.taps.length * swept.channels)));
    return;
  }
  const { rows, parts, blocks, groups } = strips;
  threads.words.set([rows, parts, blocks, groups, isThreeByThree(swept) ? 1 : 0], p + WINDOW_WORDS + 6);
  const work = rows * width * swept.taps.length * blocks * BLOCK;
  threads.run(kernels.number('f32_depthwise_strips'), swept.batch * parts * groups, Math.ceil(SHARE / work));
}

interface Strips {
  /** Rows of windows of a work item, and how many items make an image's rows. */
  readonly rows: number;
  readonly parts: number;
  /** Blocks of channels of a work item, and how many items make all channels. */
  readonly blocks: number;
  readonly groups: number;
}

/** How the windows are cut into work items of `f32_depthwise_strips`; nothing if a strip doesn't fit into scratch. */
function stripsOf({ batch, channels, image, grid, stride, taps }: Sweep, threads: number): Strips | undefined {
  if (image[0] !== 1 || grid[0] !== 1 || taps.length > STRIP_TAPS) return undefined;
  const extent = (axis: 1 | 2): number => {
    const offsets = taps.map(({ at }) => at[axis]);
    return Math.max(...offsets) - Math.min(...offsets) + 1;
  };
  const pitch = ((grid[2] - 1) * stride[2] + extent(2)) * BLOCK * 4;
  const height = extent(1);
  const fitting = (bytes: number): number => Math.floor((Math.floor(bytes / pitch) - height) / stride[1]) + 1;
  if (fitting(STRIP_BYTES) < 1) return undefined;
  const all = Math.ceil(channels / BLOCK);
  const wanted = threads * ITEMS;
  const least = Math.min(Math.ceil(wanted / (batch * all)), Math.ceil(grid[1] / LEAST_ROWS));
  const rows = Math.min(Math.ceil(grid[1] / least), Math.max(1, fitting(CACHED_BYTES)));
  const parts = Math.ceil(grid[1] / rows);
  const groups = Math.min(all, Math.ceil(wanted / (batch * parts)));
  const blocks = Math.ceil(all / groups);
  return { rows, parts, blocks, groups: Math.ceil(all / blocks) };
}

/** Whether the taps are three neighbours in each of three rows one after another. */
function isThreeByThree({ taps }: Sweep): boolean {
  const [y, x] = [taps[0]?.at[1] ?? 0, taps[0]?.at[2] ?? 0];
  return taps.length === 9 && taps.every(({ at }, i) => at[1] === y + Math.floor(i / 3) && at[2] === x + (i % 3));
}

/** The gradient of the filter of {@link depthwise}: to[tap, c] = sum over windows of x[b, q + tap, c]·dy[b, q, c]. */
export function depthwiseFilterGradient(kernels: Kernels, windows: Windows, x: number, dy: number, to: number): void {
  const swept = sweep(windows, windows.channels);
  const count = windowsOf(swept);
  const size = swept.taps.length * swept.channels;
  const { heap, threads } = kernels;
  if (count === 0) fill(kernels, to, size * 4, 0);
  if (count === 0 || size === 0) return;
  const [, , width] = swept.grid;
  const rows = count / width;
  const part = Math.ceil(rows / Math.min(MOST_PARTS, rows));
  const parts = Math.ceil(rows / part);
  const target = parts > 1 ? heap.allocate(parts * size * 4) : to;
  const taps = kernels.workspace(tapBytes(swept));
  writeTaps(kernels, swept, taps);
  const p = threads.parameters();
  writeSweep(kernels, p, swept, x, target, taps);
  threads.words.set([dy, part], p + WINDOW_WORDS + 4);
  threads.run(kernels.number('f32_depthwise_filter_gradient'), parts, Math.ceil(SHARE / (part * width * size)));
  if (parts === 1) return;
  reduce(kernels, 'f32_sum', target, to, [parts, size], (axis) => axis === 0);
  heap.release(target, parts * size * 4);
}
