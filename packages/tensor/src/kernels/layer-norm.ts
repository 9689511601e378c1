import type { Kernels } from '../runtime/kernels.ts';
import { reduce } from './reduce.ts';

/** Elements that a thread should get at least, and rows of a part of the gradient. */
const SHARE = 8192;
const PART = 64;

/** Addresses and sizes, f32: x [rows, n], gamma [n], and beta [n], or 0 to normalize by the root mean square alone. */
export interface LayerNorm {
  readonly x: number;
  readonly to: number;
  readonly rows: number;
  readonly n: number;
  readonly gamma: number;
  readonly beta: number;
  readonly epsilon: number;
  /** Mean and 1 / sqrt(variance + epsilon) of each row, [rows, 2]. */
  readonly moments: number;
}

/** to = (x - mean)·r·gamma + beta by rows, r = 1 / sqrt(variance + epsilon); the moments are kept for the gradient. */
export function layerNorm(kernels: Kernels, call: LayerNorm): void {
  if (call.n === 0) return;
  write(kernels, call);
  kernels.threads.run(kernels.number('f32_layer_norm'), call.rows, Math.ceil(SHARE / call.n));
}

/** `to` is the gradient of x. */
export interface LayerNormGradient extends Omit<LayerNorm, 'epsilon'> {
  readonly dy: number;
  /** Addresses of the gradients of gamma and of beta, [n]; the latter is there without beta too. */
  readonly dGamma: number;
  readonly dBeta: number;
}

/** The gradients of {@link layerNorm}. */
export function layerNormGradient(kernels: Kernels, call: LayerNormGradient): void {
  const { rows, n, dy, dGamma, dBeta } = call;
  if (n === 0) return;
  const { threads, heap } = kernels;
  const parts = Math.ceil(rows / PART);
  if (parts === 0) {
    for (const at of [dGamma / 4, dBeta / 4]) heap.floats.fill(0, at, at + n);
    return;
  }
  // Of each part, the sums for gamma; then the sums for beta of each.
  const bytes = parts * n * 4;
  const target = heap.allocate(2 * bytes);
  const p = write(kernels, { ...call, epsilon: 0 });
  threads.words.set([dy, PART, target, target + bytes], p + 8);
  threads.run(kernels.number('f32_layer_norm_gradient'), parts, Math.ceil(SHARE / (PART * n)));
  reduce(kernels, 'f32_sum', target, dGamma, [parts, n], (axis) => axis === 0);
  reduce(kernels, 'f32_sum', target + bytes, dBeta, [parts, n], (axis) => axis === 0);
  heap.release(target, 2 * bytes);
}

function write({ threads }: Kernels, { x, to, rows, n, gamma, beta, epsilon, moments }: LayerNorm): number {
  const p = threads.parameters();
  const { words } = threads;
  words[p] = x;
  words[p + 1] = to;
  words[p + 2] = rows;
  words[p + 3] = n;
  words[p + 4] = gamma;
  words[p + 5] = beta;
  threads.floats[p + 6] = epsilon;
  words[p + 7] = moments;
  return p;
}
