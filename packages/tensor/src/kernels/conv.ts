import type { Kernels } from '../runtime/kernels.ts';
import {
  isDense,
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
import { gemm } from './gemm.ts';
import { gemmActivations, type GemmActivation } from './product.ts';
import { reduce } from './reduce.ts';

export interface ConvEpilogue {
  /** Address of a value for each output channel, or 0. */
  readonly bias?: number;
  readonly activation?: GemmActivation;
  readonly slope?: number;
}

/** Bytes of padded images up to which convolutions pad them beforehand; with larger ones the kernels look at each tap. */
export const PADDED_BYTES: number = 1 << 27;

const COLUMNS = { simd: 8, relaxed: 8, wide: 16 } as const;
const ROWS = { simd: 5, relaxed: 6, wide: 6 } as const;
/** Most steps of K in a block. */
const DEPTH = 512;
/** Most groups of rows in a work item. */
const GROUPS = 12;
/** Multiplications that a thread should get at least. */
const SHARE = 32768;
/** Windows of a part of the filter's gradient, values of K of a work item, parts, and bytes of them. */
const PART = 512;
const CHUNK = 512;
const MOST_PARTS = 16;
const PARTS_BYTES = 1 << 26;

/** out[b, q, n] = activation(sum of x[b, q + tap, c]·filter[tap, c, n] + bias[n]). */
export function conv(
  kernels: Kernels,
  windows: Windows,
  outputs: number,
  x: number,
  filter: number,
  to: number,
  epilogue: ConvEpilogue = {},
  paddedBytes: number = PADDED_BYTES,
): void {
  const { channels: k } = windows;
  if (isPointwise(windows)) gemm(kernels, { a: x, b: filter, c: to, m: pixels(windows), n: outputs, k, ...epilogue });
  else run(kernels, sweep(windows, outputs), outputs, x, filter, false, to, epilogue, paddedBytes);
}

/** Whether each window is a pixel, so that the convolution is a product of matrices as they lie. */
function isPointwise({ image, grid, window, stride }: Windows): boolean {
  return image.every((size, axis) => size === grid[axis] && window[axis] === 1 && stride[axis] === 1);
}

function pixels({ batch, image: [d, h, w] }: Windows): number {
  return batch * d * h * w;
}

/** The gradient of the images of {@link conv}, of which `windows` are, from its output's: `outputs` is how many channels dy has. */
export function convInputGradient(
  kernels: Kernels,
  windows: Windows,
  outputs: number,
  dy: number,
  filter: number,
  to: number,
  paddedBytes: number = PADDED_BYTES,
): void {
  const { channels, batch, image } = windows;
  if (isPointwise(windows)) {
    gemm(kernels, { a: dy, b: filter, c: to, m: pixels(windows), n: channels, k: outputs, transposeB: true });
    return;
  }
  const sweeps = transposedSweeps({ ...windows, channels: outputs }, channels);
  if (sweeps.some(({ taps }) => taps.length === 0)) fill(kernels, to, batch * image[0] * image[1] * image[2] * channels * 4, 0);
  for (const swept of sweeps) if (swept.taps.length > 0) run(kernels, swept, channels, dy, filter, true, to, {}, paddedBytes);
}

/** Images in larger ones, so that every tap of every window lies in the image. */
interface Padded {
  readonly swept: Sweep;
  readonly x: number;
  /** The larger images' block, or 0 bytes of it if nothing had to be added. */
  readonly bytes: number;
}

function padded(kernels: Kernels, swept: Sweep, x: number, most: number): Padded {
  const { taps, image, grid, stride, batch, channels } = swept;
  const ends = [0, 1, 2].map((axis) => {
    let [least, most] = [Infinity, -Infinity];
    for (const { at } of taps) {
      least = Math.min(least, at[axis] as number);
      most = Math.max(most, at[axis] as number);
    }
    const past = ((grid[axis] as number) - 1) * (stride[axis] as number) + most + 1;
    return { before: Math.max(0, -least), after: Math.max(0, past - (image[axis] as number)) };
  });
  const before = ends.map((end) => end.before) as [number, number, number];
  const whole = image.map((size, axis) => size + (ends[axis]?.before ?? 0) + (ends[axis]?.after ?? 0)) as [number, number, number];
  const bytes = batch * whole[0] * whole[1] * whole[2] * channels * 4;
  if (whole.every((size, axis) => size === image[axis]) || bytes > most) return { swept, x, bytes: 0 };
  const { threads, heap } = kernels;
  const to = heap.allocate(bytes);
  const width = (whole[2] as number) * channels;
  const sizes = [image[0], image[1], image[2] * channels, whole[0], whole[1], width, before[0], before[1], before[2] * channels];
  threads.words.set([x, to, ...sizes], threads.parameters());
  threads.run(kernels.number('f32_conv_pad'), batch * whole[0] * whole[1], Math.ceil(SHARE / width));
  const shifted = taps.map(({ at, filter }) => ({ at: [at[0] + before[0], at[1] + before[1], at[2] + before[2]] as const, filter }));
  return { swept: { ...swept, image: whole, taps: shifted }, x: to, bytes };
}

function run(
  kernels: Kernels,
  given: Sweep,
  n: number,
  images: number,
  filter: number,
  exchanged: boolean,
  to: number,
  epilogue: ConvEpilogue,
  paddedBytes: number,
): void {
  const m = windowsOf(given);
  const { channels } = given;
  const k = given.taps.length * channels;
  if (m === 0 || n === 0) return;
  if (k === 0) throw new Error('internal: a convolution over nothing');
  const { swept, x, bytes } = padded(kernels, given, images, paddedBytes);
  const { threads, heap, tier } = kernels;
  const panels = Math.ceil(n / COLUMNS[tier]);
  const packedBytes = panels * COLUMNS[tier] * k * 4;
  const zeros = packedBytes;
  const taps = zeros + Math.ceil(channels / 16) * 64;
  const space = kernels.workspace(taps + tapBytes(swept));
  heap.bytes.fill(0, space + zeros, space + taps);
  writeTaps(kernels, swept, space + taps);
  const blocks = Math.ceil(k / DEPTH);
  const depth = Math.ceil(k / blocks / 4) * 4;
  const rows = Math.ceil(m / ROWS[tier]);
  const groups = Math.max(1, Math.min(GROUPS, Math.floor(rows / (threads.count * 8))));
  const stretches = Math.ceil(rows / groups);
  const splits = Math.max(1, Math.min(panels, Math.ceil((threads.count * 8) / stretches)));
  const write = (): void => {
    const p = threads.parameters();
    writeSweep(kernels, p, swept, x, to, space + taps);
    const own = p + WINDOW_WORDS;
    const { bias = 0, activation = 'linear', slope = 0 } = epilogue;
    threads.words.set(
      [
        n,
        filter,
        exchanged ? 1 : 0,
        space,
        bias,
        gemmActivations[activation],
        0,
        space + zeros,
        depth,
        groups,
        splits,
        isDense(swept, n) ? 1 : 0,
      ],
      own,
    );
    threads.floats[own + 6] = slope;
  };
  write();
  threads.run(kernels.number('f32_conv_pack'), panels, Math.ceil(SHARE / (COLUMNS[tier] * k)));
  write();
  const work = (groups * ROWS[tier] * k * n) / splits;
  threads.run(kernels.number('f32_conv_tiles'), stretches * splits, Math.max(1, Math.ceil(SHARE / work)));
  if (bytes > 0) heap.release(x, bytes);
}

/** The gradient of the filter of {@link conv}: to[tap, c, n] = sum over windows of x[b, q + tap, c]·dy[b, q, n]. */
export function convFilterGradient(
  kernels: Kernels,
  windows: Windows,
  outputs: number,
  images: number,
  dy: number,
  to: number,
  paddedBytes: number = PADDED_BYTES,
): void {
  const given = sweep(windows, outputs);
  const m = windowsOf(given);
  const k = given.taps.length * given.channels;
  const size = k * outputs;
  if (size === 0) return;
  const { heap, threads } = kernels;
  if (m === 0) {
    fill(kernels, to, size * 4, 0);
    return;
  }
  const most = Math.max(1, Math.min(MOST_PARTS, Math.floor(PARTS_BYTES / (size * 4)), Math.ceil(m / PART)));
  const part = Math.ceil(m / most / 128) * 128;
  const parts = Math.ceil(m / part);
  const chunks = Math.ceil(k / CHUNK);
  const chunk = Math.ceil(k / chunks);
  const { swept, x, bytes } = padded(kernels, given, images, paddedBytes);
  const target = parts > 1 ? heap.allocate(parts * size * 4) : to;
  const taps = kernels.workspace(tapBytes(swept));
  writeTaps(kernels, swept, taps);
  const p = threads.parameters();
  writeSweep(kernels, p, swept, x, target, taps);
  threads.words.set([outputs], p + WINDOW_WORDS);
  threads.words.set([dy, part, chunk, chunks], p + WINDOW_WORDS + 12);
  threads.run(kernels.number('f32_conv_filter_gradient'), parts * chunks, Math.max(1, Math.ceil(SHARE / (part * chunk * outputs))));
  if (bytes > 0) heap.release(x, bytes);
  if (parts === 1) return;
  reduce(kernels, 'f32_sum', target, to, [parts, size], (axis) => axis === 0);
  heap.release(target, parts * size * 4);
}
