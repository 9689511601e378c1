import type { Kernels } from '../runtime/kernels.ts';
import { sweep, tapBytes, WINDOW_WORDS, windowsOf, writeSweep, writeTaps, type Sweep, type Windows } from './conv-windows.ts';

export type Pooling = 'max' | 'average';

/** Taps of the largest window that a thread's scratch can list. */
export const MOST_POOL_TAPS = 100_000;
/** Values that a thread should get at least. */
const SHARE = 8192;

/** out[b, q, c] = the greatest or the average x[b, q + tap, c] of the taps that lie in the image. */
export function pool(kernels: Kernels, pooling: Pooling, windows: Windows, x: number, to: number): void {
  const swept = sweep(windows, windows.channels);
  const count = windowsOf(swept);
  if (count === 0 || windows.channels === 0) return;
  const { threads } = kernels;
  write(kernels, swept, x, to);
  const [, , width] = windows.grid;
  threads.run(kernels.number(`f32_${pooling}_pool`), count / width, Math.ceil(SHARE / (width * swept.taps.length * windows.channels)));
}

/**
 * The gradient of the images of {@link pool}: the first greatest value of each window gets the window's dy, or all get
 * an even share of it, as if the whole window lay in the image. `y` is what {@link pool} gave, or 0: where no pixel is in two windows, it
 * saves looking for the greatest values again.
 */
export function poolGradient(kernels: Kernels, pooling: Pooling, windows: Windows, x: number, dy: number, dx: number, y = 0): void {
  const swept = sweep(windows, windows.channels);
  const { batch, channels, image, grid } = windows;
  const pixels = image[0] * image[1] * image[2];
  if (batch * pixels * channels === 0) return;
  const { threads } = kernels;
  const p = write(kernels, swept, x, x);
  const own = p + WINDOW_WORDS;
  // Images are shared out whole where there are enough: then all of an image stays in one core's cache.
  const wanted = Math.ceil((threads.count * 4) / batch);
  const chunk = Math.ceil(channels / Math.min(wanted, Math.max(1, channels >> 4)) / 16) * 16;
  const chunks = Math.ceil(channels / chunk);
  const taps = swept.taps.length;
  threads.words.set([dy, dx, grid[0] * grid[1] * grid[2], pixels, chunk, chunks], own);
  threads.floats[own + 6] = 1 / taps;
  threads.words[own + 7] = pooling === 'max' && areApart(windows) ? y : 0;
  threads.run(kernels.number(`f32_${pooling}_pool_gradient`), batch * chunks, Math.ceil(SHARE / (pixels * Math.min(channels, chunk))));
}

/** Whether no pixel is in two windows. */
function areApart({ window, stride, dilation }: Windows): boolean {
  return window.every((size, axis) => (size - 1) * (dilation[axis] as number) < (stride[axis] as number));
}

function write(kernels: Kernels, swept: Sweep, x: number, to: number): number {
  const taps = kernels.workspace(tapBytes(swept));
  writeTaps(kernels, swept, taps);
  const p = kernels.threads.parameters();
  writeSweep(kernels, p, swept, x, to, taps);
  return p;
}
