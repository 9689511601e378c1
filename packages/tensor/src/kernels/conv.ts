import type { Kernels } from '../runtime/kernels.ts';
import { isDense, sweep, tapBytes, transposedSweeps, WINDOW_WORDS, windowsOf, writeSweep, writeTaps, type Sweep, type Windows } from './conv-windows.ts';
import { gemmActivations, type GemmActivation } from './product.ts';
import { reduce } from './reduce.ts';

export interface ConvEpilogue {
  /** Address of a value for each output channel, or 0. */
  readonly bias?: number;
  readonly activation?: GemmActivation;
  readonly slope?: number;
}

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
export function conv(kernels: Kernels, windows: Windows, outputs: number, x: number, filter: number, to: number, epilogue: ConvEpilogue = {}): void {
  run(kernels, sweep(windows, outputs), outputs, x, filter, false, to, epilogue);
}

/** The gradient of the images of {@link conv}, of which `windows` are, from its output's: `outputs` is how many channels dy has. */
export function convInputGradient(kernels: Kernels, windows: Windows, outputs: number, dy: number, filter: number, to: number): void {
  const { channels, batch, image } = windows;
  const sweeps = transposedSweeps({ ...windows, channels: outputs }, channels);
  if (sweeps.some(({ taps }) => taps.length === 0)) kernels.heap.words.fill(0, to / 4, to / 4 + batch * image[0] * image[1] * image[2] * channels);
  for (const swept of sweeps) if (swept.taps.length > 0) run(kernels, swept, channels, dy, filter, true, to, {});
}

function run(kernels: Kernels, swept: Sweep, n: number, x: number, filter: number, exchanged: boolean, to: number, epilogue: ConvEpilogue): void {
  const m = windowsOf(swept);
  const { channels } = swept;
  const k = swept.taps.length * channels;
  if (m === 0 || n === 0) return;
  if (k === 0) throw new Error('internal: a convolution over nothing');
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
    threads.words.set([n, filter, exchanged ? 1 : 0, space, bias, gemmActivations[activation], 0, space + zeros, depth, groups, splits, isDense(swept) ? 1 : 0], own);
    threads.floats[own + 6] = slope;
  };
  write();
  threads.run(kernels.number('f32_conv_pack'), panels, Math.ceil(SHARE / (COLUMNS[tier] * k)));
  write();
  const work = (groups * ROWS[tier] * k * n) / splits;
  threads.run(kernels.number('f32_conv_tiles'), stretches * splits, Math.max(1, Math.ceil(SHARE / work)));
}

/** The gradient of the filter of {@link conv}: to[tap, c, n] = sum over windows of x[b, q + tap, c]·dy[b, q, n]. */
export function convFilterGradient(kernels: Kernels, windows: Windows, outputs: number, x: number, dy: number, to: number): void {
  const swept = sweep(windows, outputs);
  const m = windowsOf(swept);
  const k = swept.taps.length * swept.channels;
  const size = k * outputs;
  if (size === 0) return;
  const { heap, threads } = kernels;
  if (m === 0) {
    heap.words.fill(0, to / 4, to / 4 + size);
    return;
  }
  const most = Math.max(1, Math.min(MOST_PARTS, Math.floor(PARTS_BYTES / (size * 4)), Math.ceil(m / PART)));
  const part = Math.ceil(m / most / 128) * 128;
  const parts = Math.ceil(m / part);
  const chunks = Math.ceil(k / CHUNK);
  const chunk = Math.ceil(k / chunks);
  const target = parts > 1 ? heap.allocate(parts * size * 4) : to;
  const taps = kernels.workspace(tapBytes(swept));
  writeTaps(kernels, swept, taps);
  const p = threads.parameters();
  writeSweep(kernels, p, swept, x, target, taps);
  threads.words.set([outputs], p + WINDOW_WORDS);
  threads.words.set([dy, part, chunk, chunks], p + WINDOW_WORDS + 12);
  threads.run(kernels.number('f32_conv_filter_gradient'), parts * chunks, Math.max(1, Math.ceil(SHARE / (part * chunk * outputs))));
  if (parts === 1) return;
  reduce(kernels, 'f32_sum', target, to, [parts, size], (axis) => axis === 0);
  heap.release(target, parts * size * 4);
}
