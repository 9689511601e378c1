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
  const [, , width] = swept.grid;
  threads.run(kernels.number('f32_depthwise'), count / width, Math.ceil(SHARE / (width * swept.taps.length * swept.channels)));
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
