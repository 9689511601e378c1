import type { Kernels } from '../../runtime/kernels.ts';
import { BLOCK, blockCount, GROUP } from './layout.ts';

export interface ToBlocks {
  /** Address of [batch, features] row-major. */
  readonly rowMajor: number;
  /** Address of the same in blocks, {@link paddedBatch} of batch times features. */
  readonly blocks: number;
  readonly batch: number;
  readonly features: number;
}

/** Values below which sharing out costs more than it gives. */
const GRAIN = 16384;

/** Row-major to blocks. */
export function toBlocks(kernels: Kernels, { rowMajor, blocks, batch, features }: ToBlocks): void {
  if (batch === 0 || features === 0) return;
  const { threads } = kernels;
  const { words } = threads;
  const p = threads.parameters();
  words[p] = rowMajor;
  words[p + 1] = blocks;
  words[p + 2] = batch;
  words[p + 3] = features;
  threads.run(
    kernels.number('f32_to_blocks'),
    blockCount(batch) * Math.ceil(features / GROUP),
    Math.max(1, Math.ceil(GRAIN / (GROUP * Math.min(batch, BLOCK)))),
  );
}
