import type { Kernels } from '../runtime/kernels.ts';
import type { Triple, Windows } from './conv-windows.ts';

export type Pooling = 'max' | 'average';

/** Taps of the largest window that a thread's scratch can list. */
export const MOST_POOL_TAPS = 100_000;
/** Values that a thread should get at least. */
const SHARE = 8192;

/** out[b, q, c] = the greatest or the average x[b, q + tap, c] of the taps that lie in the image. */
export function pool(kernels: Kernels, pooling: Pooling, windows: Windows, x: number, to: number): void {
  const { batch, channels, grid, window } = windows;
  const rows = batch * grid[0] * grid[1];
  const row = grid[2] * channels;
  if (rows * row === 0) return;
  write(kernels, windows, x, to);
  kernels.threads.run(kernels.number(`f32_${pooling}_pool`), rows, Math.ceil(SHARE / (row * volume(window))));
}

/**
 * The gradient of the images of {@link pool}: the first greatest value of each window gets the window's dy, or all get
 * an even share of it, as if the whole window lay in the image. `y` is what {@link pool} gave, or 0: where no pixel is in two windows, it
 * saves looking for the greatest values again.
 */
export function poolGradient(kernels: Kernels, pooling: Pooling, windows: Windows, x: number, dy: number, dx: number, y = 0): void {
  const { batch, channels, image, window } = windows;
  const pixels = volume(image);
  if (batch * pixels * channels === 0) return;
  const { threads } = kernels;
  const own = write(kernels, windows, x, x);
  // Images are shared out whole where there are enough: then all of an image stays in one core's cache.
  const wanted = Math.ceil((threads.count * 4) / batch);
  const chunk = Math.ceil(channels / Math.min(wanted, Math.max(1, channels >> 4)) / 16) * 16;
  const chunks = Math.ceil(channels / chunk);
  threads.words.set([dy, dx, chunk, chunks], own);
  threads.floats[own + 4] = 1 / volume(window);
  threads.words[own + 5] = pooling === 'max' && areApart(windows) ? y : 0;
  threads.run(kernels.number(`f32_${pooling}_pool_gradient`), batch * chunks, Math.ceil(SHARE / (pixels * Math.min(channels, chunk))));
}

/** Whether no pixel is in two windows. */
function areApart({ window, stride, dilation }: Windows): boolean {
  return window.every((size, axis) => (size - 1) * (dilation[axis] as number) < (stride[axis] as number));
}

const volume = ([depth, height, width]: Triple): number => depth * height * width;

/** Writes the parameters that all have; returns where a kernel's own begin. See wasm/dense/pool.ts. */
function write({ threads }: Kernels, { channels, image, grid, stride, window, dilation, before }: Windows, x: number, to: number): number {
  const p = threads.parameters();
  const { words } = threads;
  words[p] = x;
  words[p + 1] = to;
  words[p + 5] = channels;
  for (let axis = 0; axis < 3; axis++) {
    words[p + 2 + axis] = image[axis] as number;
    words[p + 6 + axis] = grid[axis] as number;
    words[p + 9 + axis] = stride[axis] as number;
    words[p + 12 + axis] = window[axis] as number;
    words[p + 15 + axis] = dilation[axis] as number;
    words[p + 18 + axis] = before[axis] as number;
  }
  return p + 21;
}
