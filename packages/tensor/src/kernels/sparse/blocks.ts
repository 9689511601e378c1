import type { Kernels } from '../../runtime/kernels.ts';
import { BLOCK, blockCount, GROUP } from './layout.ts';
import { atHome } from './slices.ts';

/** A batch in both layouts: addresses and sizes. */
export interface BothLayouts {
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
export function toBlocks(kernels: Kernels, call: BothLayouts): void {
  run(kernels, 'f32_to_blocks', call);
}

/** Blocks to row-major. */
export function fromBlocks(kernels: Kernels, call: BothLayouts): void {
  run(kernels, 'f32_from_blocks', call);
}

function run(kernels: Kernels, name: string, { rowMajor, blocks, batch, features }: BothLayouts): void {
  if (batch === 0 || features === 0) return;
  const { threads } = kernels;
  const { words } = threads;
  const p = threads.parameters();
  words[p] = rowMajor;
  words[p + 1] = blocks;
  words[p + 2] = batch;
  words[p + 3] = features;
  const items = blockCount(batch) * Math.ceil(features / GROUP);
  threads.run(kernels.number(name), items, atHome(kernels, batch, items, Math.ceil(GRAIN / (GROUP * Math.min(batch, BLOCK)))));
}
