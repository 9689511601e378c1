import type { Kernels } from '../../runtime/kernels.ts';
import { gemmActivations, type GemmActivation } from '../product.ts';
import { GROUP } from './layout.ts';

/** From dL/dy of y = activation(z), dL/dz in blocks and its sum over the batch: addresses and sizes. */
export interface OutputGradient {
  /** [batch, features] row-major, as y. */
  readonly dy: number;
  readonly y: number;
  /** Where dL/dz goes. */
  readonly blocks: number;
  /** Where the sums go, one a feature. */
  readonly bias: number;
  readonly batch: number;
  readonly features: number;
  readonly activation?: GemmActivation;
  /** Slope of leakyrelu below 0. */
  readonly slope?: number;
}

/** Values below which sharing out costs more than it gives. */
const GRAIN = 16384;

export function outputGradient(kernels: Kernels, call: OutputGradient): void {
  const { batch, features, bias } = call;
  if (features === 0) return;
  if (batch === 0) {
    kernels.heap.floats.fill(0, bias >>> 2, (bias >>> 2) + features);
    return;
  }
  const { threads } = kernels;
  const { words, floats } = threads;
  const p = threads.parameters();
  words[p] = call.dy;
  words[p + 1] = call.y;
  words[p + 2] = call.blocks;
  words[p + 3] = bias;
  words[p + 4] = batch;
  words[p + 5] = features;
  words[p + 6] = gemmActivations[call.activation ?? 'linear'];
  floats[p + 7] = call.slope ?? 0;
  threads.run(kernels.number('f32_sparse_output_gradient'), Math.ceil(features / GROUP), Math.max(1, Math.ceil(GRAIN / (GROUP * batch))));
}
