import { SCRATCH_BYTES } from '../runtime/control.ts';
import type { Kernels } from '../runtime/kernels.ts';
import type { Tier } from '../runtime/tier.ts';
import { reduce } from './reduce.ts';

/** Columns and rows of the register tile. */
const COLUMNS: Record<Tier, number> = { simd: 8, relaxed: 8, wide: 16 };
const ROWS: Record<Tier, number> = { simd: 5, relaxed: 6, wide: 6 };
/** Most queries and keys of a block: what a core's caches hold beside each other. */
const QUERIES = 128;
const KEYS = 128;
/** Parts that the keys of all heads are split into at least for the gradient; each has a gradient of the queries of its own. */
const PARTS = 8;

/** Sizes and addresses of an attention, f32: q [heads, queries, depth], k [heads, keys, depth], v [heads, keys, valueDepth]. */
export interface Attention {
  readonly q: number;
  readonly k: number;
  readonly v: number;
  /** All heads of all examples, and those of one. */
  readonly heads: number;
  readonly headsOfExample: number;
  readonly queries: number;
  readonly keys: number;
  readonly depth: number;
  readonly valueDepth: number;
  readonly scale: number;
  readonly causal: boolean;
  readonly mask?: AttentionMask | undefined;
}

/** What is added to the scores; strides in elements, 0 where all have the same. */
export interface AttentionMask {
  readonly address: number;
  readonly ofExample: number;
  readonly ofHead: number;
  readonly ofQuery: number;
  readonly ofKey: number;
}

export interface AttentionForward extends Attention {
  /** Addresses of the result [heads, queries, valueDepth] and of the logarithms of the sums [heads, queries]. */
  readonly to: number;
  readonly logSums: number;
}

/** Lines of COLUMNS values that a thread's scratch has, less a few. */
const linesOf = (tier: Tier): number => Math.floor((SCRATCH_BYTES - 4096) / (4 * COLUMNS[tier]));

interface Blocks {
  readonly panels: number;
  readonly groups: number;
}

/** Blocks that are as large as their `lines` fit into a thread's scratch; none if there are no such. */
function fitting(tier: Tier, most: Blocks, lines: (blocks: Blocks) => number): Blocks | undefined {
  let { panels, groups } = most;
  while (lines({ panels, groups }) > linesOf(tier)) {
    if (panels === 1 && groups === 1) return undefined;
    panels = Math.ceil(panels / 2);
    groups = Math.ceil(groups / 2);
  }
  return { panels, groups };
}

function forwardBlocks(tier: Tier, { queries, keys, depth, valueDepth }: Attention): Blocks | undefined {
  const [columns, rows] = [COLUMNS[tier], ROWS[tier]];
  const values = Math.ceil(valueDepth / rows) * rows;
  const most = {
    panels: Math.ceil(Math.min(QUERIES, queries) / columns),
    groups: Math.ceil(Math.min(KEYS, keys) / rows),
  };
  return fitting(
    tier,
    most,
    ({ panels, groups }) => panels * (depth + values + 2) + groups * rows * (1 + Math.ceil((depth + values) / columns)),
  );
}

function backwardBlocks(tier: Tier, { queries, keys, depth, valueDepth }: Attention): Blocks | undefined {
  const [columns, rows] = [COLUMNS[tier], ROWS[tier]];
  const [depths, values] = [depth, valueDepth].map((size) => Math.ceil(size / rows) * rows) as [number, number];
  const most = {
    panels: Math.ceil(Math.min(KEYS, keys) / columns),
    groups: Math.ceil(Math.min(QUERIES, queries) / rows),
  };
  return fitting(tier, most, ({ panels, groups }) => {
    const height = groups * rows;
    return (
      panels * (depth + valueDepth + Math.ceil(depth / columns) * columns + depths + values) +
      height * (2 + panels + Math.ceil((depth + valueDepth + depths + values) / columns))
    );
  });
}

/** out = softmax(scale·q·kᵀ + mask)·v, and the logarithm of each query's sum of exponentials; both 0 for a query that sees no key. */
export function attention(kernels: Kernels, call: AttentionForward): void {
  const { heads, queries, valueDepth } = call;
  if (heads * queries * Math.max(1, valueDepth) === 0) return;
  const { threads, tier } = kernels;
  const blocks = forwardBlocks(tier, call);
  if (!blocks) throw new Error('internal: heads too deep for attention');
  const items = Math.ceil(queries / (blocks.panels * COLUMNS[tier]));
  const p = write(kernels, call);
  threads.words[p + 9] = call.to;
  threads.words[p + 10] = call.logSums;
  threads.words[p + 17] = blocks.panels;
  threads.words[p + 18] = items;
  threads.words[p + 19] = blocks.groups;
  threads.run(kernels.number('f32_attention'), heads * items, 1);
}

export interface AttentionBackward extends Attention {
  /** Addresses of the forward pass's results and of the gradient of the first of them. */
  readonly out: number;
  readonly logSums: number;
  readonly dout: number;
  /** Where the gradients go. */
  readonly dq: number;
  readonly dk: number;
  readonly dv: number;
}

/** The gradients of {@link attention}. */
export function attentionGradient(kernels: Kernels, call: AttentionBackward): void {
  const { heads, queries, keys, depth, valueDepth } = call;
  if (heads * queries * keys === 0) {
    const { bytes } = kernels.heap;
    bytes.fill(0, call.dq, call.dq + heads * queries * depth * 4);
    bytes.fill(0, call.dk, call.dk + heads * keys * depth * 4);
    bytes.fill(0, call.dv, call.dv + heads * keys * valueDepth * 4);
    return;
  }
  const { threads, tier, heap } = kernels;
  const blocks = backwardBlocks(tier, call);
  if (!blocks) throw new Error('internal: heads too deep for attention');
  const rows = heads * queries;
  const deltas = heap.allocate(rows * 4);
  const d = threads.parameters();
  threads.words.set([call.out, call.dout, deltas, valueDepth], d);
  threads.run(kernels.number('f32_attention_delta'), rows, Math.ceil(8192 / Math.max(1, valueDepth)));

  const splits = Math.min(Math.ceil(keys / COLUMNS[tier]), Math.ceil(PARTS / heads));
  const size = rows * depth;
  const dq = splits > 1 ? heap.allocate(splits * size * 4) : call.dq;
  const p = write(kernels, call);
  const { words } = threads;
  words[p + 9] = call.dout;
  words[p + 10] = call.logSums;
  words[p + 17] = blocks.panels;
  words[p + 18] = blocks.groups;
  words.set([deltas, dq, call.dk, call.dv, splits, size * 4], p + 19);
  threads.run(kernels.number('f32_attention_gradient'), heads * splits, 1);
  heap.release(deltas, rows * 4);
  if (splits === 1) return;
  if (size > 0) reduce(kernels, 'f32_sum', dq, call.dq, [splits, size], (axis) => axis === 0);
  heap.release(dq, splits * size * 4);
}

function write({ threads }: Kernels, call: Attention): number {
  const p = threads.parameters();
  const { words, floats } = threads;
  const { mask } = call;
  words[p] = mask?.address ?? 0;
  words[p + 1] = call.headsOfExample;
  words[p + 2] = mask?.ofExample ?? 0;
  words[p + 3] = mask?.ofHead ?? 0;
  words[p + 4] = mask?.ofQuery ?? 0;
  words[p + 5] = mask?.ofKey ?? 0;
  words[p + 6] = call.q;
  words[p + 7] = call.k;
  words[p + 8] = call.v;
  words[p + 11] = call.queries;
  words[p + 12] = call.keys;
  words[p + 13] = call.depth;
  words[p + 14] = call.valueDepth;
  floats[p + 15] = call.scale;
  words[p + 16] = call.causal ? 1 : 0;
  return p;
}
