/**
 * The kernel table: what is compiled, into which module, and what each kernel is called.
 *
 * A family is one WebAssembly module per tier, loaded on its own; `sources` are its AssemblyScript files under `wasm/`.
 * Every exported function of a source is a kernel with the one signature
 *   `(params: usize, begin: i32, end: i32, scratch: usize) => void`:
 * it reads its arguments as 4-byte words from `params`, does the work items `begin <= i < end`, and may use the
 * `SCRATCH_BYTES` at `scratch`, which belong to the calling thread. Work items of one call never depend on each other.
 */
export interface KernelFamily {
  /** Name of the module, e.g. `dense`. */
  readonly name: string;
  /** AssemblyScript files, relative to `wasm/`. */
  readonly sources: readonly string[];
  /** Generated AssemblyScript files: path relative to `wasm/` as other sources import it, and what writes it for a tier. */
  readonly generated?: Readonly<Record<string, (tier: Tier) => string>>;
}

/** Instruction set levels, from the one that runs everywhere to the fastest. */
export type Tier = 'simd' | 'relaxed' | 'wide';

export const tiers: readonly Tier[] = ['simd', 'relaxed', 'wide'];

import { elementwise } from './dense/elementwise.generator.ts';
import { gemmTile } from './dense/gemm-tile.generator.ts';
import { reduce } from './dense/reduce.generator.ts';
import { cumulative } from './dense/cumulative.generator.ts';
import { bsrTile } from './sparse/bsr-tile.generator.ts';
import { nmTile } from './sparse/nm-tile.generator.ts';
import { streamingTile } from './sparse/streaming-tile.generator.ts';
import { qgRow } from './quant/qg-row.generator.ts';
import { qs8Tile } from './quant/qs8-tile.generator.ts';

/** tfjs's own kernels stand beneath ours. */
export const withTfjs = true;

export const families: readonly KernelFamily[] = [
  // Apart from the others, because only here the tiers differ in more than how they're compiled.
  {
    name: 'product',
    sources: ['dense/gemm.ts', 'dense/conv.ts', 'dense/attention.ts', 'dense/attention-gradient.ts'],
    generated: { 'dense/gemm-tile.ts': gemmTile },
  },
  {
    name: 'dense',
    sources: [
      'dense/depthwise.ts',
      'dense/depthwise-strips.ts',
      'dense/pool.ts',
      'dense/segment.ts',
      'dense/gemv.ts',
      'dense/i32-gemm.ts',
      'dense/elementwise.ts',
      'dense/fill.ts',
      'dense/reduce.ts',
      'dense/arg-extremum.ts',
      'dense/cumulative.ts',
      'dense/top-k.ts',
      'dense/one-hot.ts',
      'dense/softmax.ts',
      'dense/layer-norm.ts',
      'dense/channel-norm.ts',
      'dense/sgd.ts',
      'dense/adam.ts',
      'dense/rmsprop.ts',
      'dense/adagrad.ts',
      'dense/embedding.ts',
      'dense/axpy.ts',
      'dense/transpose.ts',
      'dense/copy.ts',
      'dense/dropout.ts',
    ],
    generated: { 'dense/elementwise.ts': elementwise, 'dense/reduce.ts': reduce, 'dense/cumulative.ts': cumulative },
  },
  { name: 'half', sources: ['half/convert.ts', 'half/half-gemv.ts', 'half/set-aside.ts'] },
  { name: 'storage', sources: ['storage/compress.ts', 'storage/round.ts', 'storage/bounded.ts'] },
  {
    name: 'sparse',
    sources: [
      'sparse/blocks.ts',
      'sparse/output-gradient.ts',
      'sparse/permute.ts',
      'sparse/transpose-csr.ts',
      'sparse/spmm.ts',
      'sparse/qs8-spmm.ts',
      'sparse/scale-rows.ts',
      'sparse/sddmm.ts',
      'sparse/backward.ts',
      'sparse/bsr.ts',
      'sparse/nm.ts',
      'sparse/columns.ts',
      'sparse/absent-above.ts',
      'sparse/select.ts',
      'sparse/rewire.ts',
      'sparse/active-rows.ts',
    ],
    generated: { 'sparse/streaming-tile.ts': streamingTile, 'sparse/bsr-tile.ts': bsrTile, 'sparse/nm-tile.ts': nmTile },
  },
  {
    name: 'quant',
    sources: [
      'quant/quantize.ts',
      'quant/qs8-pack.ts',
      'quant/qs8-gemm.ts',
      'quant/qg-gemv.ts',
      'quant/qs8-windows.ts',
      'quant/qs8-elementwise.ts',
      'quant/fake-quantize.ts',
      'quant/adam8.ts',
      'quant/adam8-float.ts',
      'quant/qf-gemv.ts',
    ],
    generated: { 'quant/qs8-tile.ts': qs8Tile, 'quant/qg-row.ts': qgRow },
  },
];
