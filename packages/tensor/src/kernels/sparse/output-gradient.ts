import type { Kernels } from '../../runtime/kernels.ts';
import { gemmActivations, type GemmActivation } from '../product.ts';
import { BLOCK, blockCount, GROUP } from './layout.ts';
import { atHome } from './slices.ts';

/** From dL/dy of y = activation(z) and y in blocks, dL/dz in blocks and its sum over the batch: addresses and sizes. */
export interface OutputGradient {
  readonly dy: number;
  /** Whether dL/dy is row-major, and not in blocks; then dL/dz has a place of its own. */
  readonly rowMajor?: boolean;
  readonly y: number;
  /** Where dL/dz goes; 0 if it is dL/dy, there being no activation. */
  readonly d: number;
  /** Where the sums go, one a feature. */
  readonly bias: number;
  /** Room for {@link blockCount} of batch times features. */
  readonly work: number;
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
  const blocks = blockCount(batch);
  const groups = Math.ceil(features / GROUP);
  let p = threads.parameters();
  words[p] = call.dy;
  words[p + 1] = call.y;
  words[p + 2] = call.d;
  words[p + 3] = blocks === 1 ? bias : call.work;
  words[p + 4] = batch;
  words[p + 5] = features;
  words[p + 6] = gemmActivations[call.activation ?? 'linear'];
  floats[p + 7] = call.slope ?? 0;
  words[p + 8] = call.rowMajor ? 1 : 0;
  threads.run(
    kernels.number('f32_sparse_output_gradient'),
    blocks * groups,
    atHome(kernels, batch, blocks * groups, Math.ceil(GRAIN / (GROUP * Math.min(batch, BLOCK)))),
  );
  if (blocks === 1) return;
  p = threads.parameters();
  words[p] = call.work;
  words[p + 1] = bias;
  words[p + 2] = blocks;
  words[p + 3] = features;
  threads.run(kernels.number('f32_sum_blocks'), groups, Math.ceil(GRAIN / (GROUP * blocks)));
}
