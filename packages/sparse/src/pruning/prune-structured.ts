import { keepLargest } from '@x/tensor/sparse';
import type { Layer } from '@x/tensor';
import { checkOptions } from '@x/tensor/arguments';
import { sparseLayers } from '../layers/sparse-layers.ts';
import type { SparseLinearLayer } from '../layers/sparse-linear.ts';
import { applyRewiring } from '../topology/apply-rewiring.ts';
import { checkChoice, checkFraction, checkNumber, checkObject } from '../validation.ts';
import { checkBlock, type BlockMaskOptions } from '../structure/masks.ts';

/**
 * Projects a network's sparse layers onto N:M sparsity: of every m inputs of a unit the n links of greatest |w| stay,
 * of equal ones the later, as in {@link nmMask}.
 *
 * @throws {RangeError} if n or m is out of range or a layer's inputs are no multiple of m; nothing is changed then.
 *
 * A. Zhou et al., "Learning N:M Fine-grained Structured Sparse Neural Networks From Scratch", 2021, arXiv 2102.04010.
 */
export function pruneToNM(net: Layer, n: number, m: number): void {
  checkNumber('pruneToNM', 'm', m, { least: 1, whole: true });
  checkNumber('pruneToNM', 'n', n, { least: 0, most: m, whole: true });
  const layers = sparseLayers(net);
  for (const { name, layer } of layers) {
    if (layer.inputs % m !== 0)
      throw new RangeError(`pruneToNM: '${name}' has ${layer.inputs} inputs, but they must be a multiple of m, ${m}.`);
  }
  for (const { layer } of layers) applyRewiring(layer, { keep: keepNM(layer, n, m), grown: new Float64Array(0) }, []);
}

function keepNM({ pattern: { rows, pointers, indices }, variables }: SparseLinearLayer, n: number, m: number): Uint8Array {
  const values = variables.values.dataSync() as Float32Array;
  const keep = new Uint8Array(indices.length);
  for (let row = 0; row < rows; row++) {
    const end = pointers[row + 1]!;
    for (let first = pointers[row]!; first < end;) {
      const group = Math.floor(indices[first]! / m);
      let past = first;
      while (past < end && Math.floor(indices[past]! / m) === group) past++;
      // Backwards, so that of equal ones the later is the first.
      const best = keepLargest(values.slice(first, past).map(Math.abs).reverse(), n);
      for (let q = first; q < past; q++) keep[q] = best[past - 1 - q]!;
      first = past;
    }
  }
  return keep;
}

export interface PruneToBlocksOptions extends BlockMaskOptions {
  /** Part of the blocks that stays. */
  readonly density: number;
}

/**
 * Projects a network's sparse layers onto blocks: those blocks of [units, inputs] stay whose |w| are greatest, in mean
 * or maximum; a link that isn't there counts as 0. Of equal ones the earlier, as in {@link blockMask}.
 *
 * @throws {RangeError} if an option is out of range; nothing is changed then.
 *
 * S. Narang, E. Undersander, G. Diamos, "Block-Sparse Recurrent Neural Networks", 2017, arXiv 1711.02782.
 */
export function pruneToBlocks(net: Layer, options: PruneToBlocksOptions): void {
  checkObject('pruneToBlocks', 'options', options, ['density', 'block']);
  checkOptions('pruneToBlocks', options);
  const { density, block, pool = 'avg' } = options;
  checkFraction('pruneToBlocks', 'density', density);
  checkChoice('pruneToBlocks', 'pool', pool, ['avg', 'max']);
  checkBlock('pruneToBlocks', block);
  for (const { layer } of sparseLayers(net))
    applyRewiring(layer, { keep: keepBlocks(layer, density, block, pool), grown: new Float64Array(0) }, []);
}

function keepBlocks(
  { pattern: { rows, columns, pointers, indices }, variables }: SparseLinearLayer,
  density: number,
  [height, width]: readonly [number, number],
  pool: 'avg' | 'max',
): Uint8Array {
  const values = variables.values.dataSync() as Float32Array;
  const across = Math.ceil(columns / width);
  const down = Math.ceil(rows / height);
  const scores = new Float32Array(down * across);
  const blockOf = (row: number, q: number): number => Math.floor(row / height) * across + Math.floor(indices[q]! / width);
  const each = (visit: (at: number, q: number) => void): void => {
    for (let row = 0; row < rows; row++) for (let q = pointers[row]!; q < pointers[row + 1]!; q++) visit(blockOf(row, q), q);
  };
  each((at, q) => {
    const size = Math.abs(values[q]!);
    scores[at] = pool === 'max' ? Math.max(scores[at]!, size) : scores[at]! + size;
  });
  if (pool === 'avg') {
    for (let at = 0; at < scores.length; at++) {
      const ofRows = Math.min(height, rows - Math.floor(at / across) * height);
      scores[at]! /= ofRows * Math.min(width, columns - (at % across) * width);
    }
  }
  const kept = keepLargest(scores, Math.round(density * scores.length));
  const keep = new Uint8Array(indices.length);
  each((at, q) => {
    keep[q] = kept[at]!;
  });
  return keep;
}
