import { SCRATCH_BYTES } from '../runtime/control.ts';
import type { Kernels } from '../runtime/kernels.ts';
import type { Tier } from '../runtime/tier.ts';
import { copyStrided } from './copy.ts';
import { reduce } from './reduce.ts';

/** Columns and rows of the register tile. */
const COLUMNS: Record<Tier, number> = { simd: 8, relaxed: 8, wide: 16 };
const ROWS: Record<Tier, number> = { simd: 5, relaxed: 6, wide: 6 };
/** Most queries and keys of a block: what a core's caches hold beside each other. */
const QUERIES = 128;
const KEYS = 128;
/** Parts that the keys of all heads are split into at least for the gradient; each has a gradient of the queries of its own. */
const PARTS = 8;

/** Where the values [examples, heads, length, depth] of an operand are, f32: address, and elements from one example, head and row to the next. */
export interface Heads {
  readonly address: number;
  readonly ofExample: number;
  readonly ofHead: number;
  readonly ofRow: number;
}

/** Which probabilities are dropped: see wasm/dense/attention-dropout.ts. */
export interface AttentionDropout {
  /** The two words of a random key. */
  readonly key: readonly [number, number];
  /** Those whose number of 16 bits is below this are dropped. */
  readonly threshold: number;
}

/** Sizes and operands of an attention: q [heads, queries, depth], k [heads, keys, depth], v [heads, keys, valueDepth]. */
export interface Attention {
  readonly q: Heads;
  readonly k: Heads;
  readonly v: Heads;
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
  readonly dropout?: AttentionDropout | undefined;
}

/** Words of parameters before those that forward and backward pass have of their own. */
const OWN = 28;

/** Factor of the probabilities that are not dropped, so that their mean stays. */
export const keptFactor = (threshold: number): number => 2 ** 16 / (2 ** 16 - threshold);

/** What is added to the scores; strides in elements, 0 where all have the same. */
export interface AttentionMask {
  readonly address: number;
  readonly ofExample: number;
  readonly ofHead: number;
  readonly ofQuery: number;
  readonly ofKey: number;
}

export interface AttentionForward extends Attention {
  /** The result [heads, queries, valueDepth], and the address of the logarithms of the sums [heads, queries]. */
  readonly to: Heads;
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
    groups: Math.max(1, Math.ceil(Math.min(QUERIES, queries) / rows)),
  };
  return fitting(tier, most, ({ panels, groups }) => {
    const height = groups * rows;
    return (
      panels * (depth + valueDepth + Math.ceil(depth / columns) * columns + depths + values) +
      height * (2 + panels + Math.ceil((depth + valueDepth + depths + values) / columns))
    );
  });
}

/** out = dropout(softmax(scale·q·kᵀ + mask))·v, and the logarithm of each query's sum of exponentials; both 0 for a query that sees no key. */
export function attention(kernels: Kernels, call: AttentionForward): void {
  const { heads, queries, valueDepth } = call;
  if (heads * queries * Math.max(1, valueDepth) === 0) return;
  const { threads, tier } = kernels;
  const blocks = forwardBlocks(tier, call);
  if (!blocks) throw new Error('internal: heads too deep for attention');
  const items = Math.ceil(queries / (blocks.panels * COLUMNS[tier]));
  const p = write(kernels, call);
  place(threads.words, p + OWN, call.to);
  threads.words.set([call.logSums, blocks.panels, items, blocks.groups], p + OWN + 4);
  threads.run(kernels.number('f32_attention'), heads * items, 1);
}

export interface AttentionBackward extends Attention {
  /** The address of the forward pass's result and the gradient of it, which lie alike; and of the logarithms of the sums. */
  readonly out: number;
  readonly dout: Heads;
  readonly logSums: number;
  /** Where the gradients go: they lie as q, k and v do. */
  readonly dq: number;
  readonly dk: number;
  readonly dv: number;
}

/** The gradients of {@link attention}. */
export function attentionGradient(kernels: Kernels, call: AttentionBackward): void {
  const { heads, headsOfExample, queries, keys, depth } = call;
  if (heads === 0 || queries + keys === 0) return;
  const { threads, tier, heap } = kernels;
  const blocks = backwardBlocks(tier, call);
  if (!blocks) throw new Error('internal: heads too deep for attention');
  const splits = Math.max(1, Math.min(Math.ceil(keys / COLUMNS[tier]), Math.ceil(PARTS / heads)));
  const size = heads * queries * depth;
  // Each part's gradient of the queries; the sum of all follows them.
  const parts = splits > 1 ? heap.allocate((splits + 1) * size * 4) : 0;
  const dq = { ...call.q, address: call.dq };
  const inOrder = { address: parts, ofExample: headsOfExample * queries * depth, ofHead: queries * depth, ofRow: depth };
  const p = write(kernels, call);
  const { words } = threads;
  place(words, p + OWN, call.dout);
  words.set([call.out, call.logSums, blocks.panels, blocks.groups], p + OWN + 4);
  place(words, p + OWN + 8, splits > 1 ? inOrder : dq);
  words.set([call.dk, call.dv, splits, size * 4], p + OWN + 12);
  threads.run(kernels.number('f32_attention_gradient'), heads * splits, 1);
  if (splits === 1) return;
  if (size > 0) {
    const sum = parts + splits * size * 4;
    reduce(kernels, 'f32_sum', parts, sum, [splits, size], (axis) => axis === 0);
    const sizes = [heads / headsOfExample, headsOfExample, queries, depth];
    const strides = ({ ofExample, ofHead, ofRow }: Heads): number[] => [ofExample, ofHead, ofRow, 1];
    copyStrided(kernels, { x: sum, to: call.dq, sizes, stridesIn: strides(inOrder), stridesOut: strides(dq), width: 4 });
  }
  heap.release(parts, (splits + 1) * size * 4);
}

function write({ threads }: Kernels, call: Attention): number {
  const p = threads.parameters();
  const { words, floats } = threads;
  const { address = 0, ofExample = 0, ofHead = 0, ofQuery = 0, ofKey = 0 } = call.mask ?? {};
  words.set([address, call.headsOfExample, ofExample, ofHead, ofQuery, ofKey], p);
  place(words, p + 6, call.q);
  place(words, p + 10, call.k);
  place(words, p + 14, call.v);
  words.set([call.queries, call.keys, call.depth, call.valueDepth], p + 18);
  floats[p + 22] = call.scale;
  words[p + 23] = call.causal ? 1 : 0;
  const { key = [0, 0], threshold = 0 } = call.dropout ?? {};
  words.set([...key, threshold], p + 24);
  floats[p + 27] = keptFactor(threshold);
  return p;
}

function place(words: Int32Array, p: number, { address, ofExample, ofHead, ofRow }: Heads): void {
  words[p] = address;
  words[p + 1] = ofExample * 4;
  words[p + 2] = ofHead * 4;
  words[p + 3] = ofRow * 4;
}
