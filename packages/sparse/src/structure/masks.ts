import { keepLargest } from '@x/tensor/sparse';
import { checkOptions } from '@x/tensor/arguments';
import { checkArray, checkChoice, checkNumber, checkObject, show } from '../validation.ts';

/**
 * The N:M mask: of every m scores in a row the n largest; of equal ones the later, as JaxPruner has it.
 *
 * @param scores Row-major, rows of a multiple of m.
 * @returns 1 for each that is kept.
 * @throws {RangeError} if n or m is out of range or the scores are no multiple of m.
 * @example
 * nmMask(Float32Array.of(0.69, 0.37, 0.96, 0.81), 2, 4); // => Uint8Array [0, 0, 1, 1]
 */
export function nmMask(scores: Float32Array, n: number, m: number): Uint8Array {
  checkArray('nmMask', 'scores', scores);
  checkNumber('nmMask', 'm', m, { least: 1, whole: true });
  checkNumber('nmMask', 'n', n, { least: 0, most: m, whole: true });
  if (scores.length % m !== 0) throw new RangeError(`nmMask: there are ${scores.length} scores, but they must be a multiple of m, ${m}.`);
  const mask = new Uint8Array(scores.length);
  for (let first = 0; first < scores.length; first += m) {
    // Backwards, so that of equal scores the later is the first.
    const keep = keepLargest(scores.slice(first, first + m).reverse(), n);
    for (let i = 0; i < m; i++) mask[first + i] = keep[m - 1 - i]!;
  }
  return mask;
}

export interface BlockMaskOptions {
  /** Sizes of a block; those at the edges may be smaller. */
  readonly block: readonly [rows: number, columns: number];
  /** What a block's score is of its elements'. Default `avg`. */
  readonly pool?: 'avg' | 'max';
}

/**
 * The mask of whole blocks: round((1 - sparsity) · blocks) of them, those with the highest pooled scores; of equal ones the earlier.
 *
 * @param scores Row-major [rows, columns].
 * @returns 1 for each element that is kept.
 * @throws {RangeError} if a size is out of range.
 */
export function blockMask(scores: Float32Array, shape: readonly [number, number], sparsity: number, options: BlockMaskOptions): Uint8Array {
  checkArray('blockMask', 'scores', scores);
  checkArray('blockMask', 'shape', shape);
  const [rows, columns] = shape;
  checkObject('blockMask', 'options', options, ['block']);
  checkOptions('blockMask', options);
  const { block, pool = 'avg' } = options;
  checkNumber('blockMask', 'sparsity', sparsity, { least: 0, most: 1 });
  checkChoice('blockMask', 'pool', pool, ['avg', 'max']);
  if (scores.length !== rows * columns)
    throw new RangeError(`blockMask: there are ${scores.length} scores, but [${rows}, ${columns}] has ${rows * columns}.`);
  checkBlock('blockMask', block);
  const [height, width] = block;
  const across = Math.ceil(columns / width);
  const pooled = new Float32Array(Math.ceil(rows / height) * across).fill(pool === 'max' ? -Infinity : 0);
  const counts = new Int32Array(pooled.length);
  const blockOf = (i: number): number => Math.floor(Math.floor(i / columns) / height) * across + Math.floor((i % columns) / width);
  for (let i = 0; i < scores.length; i++) {
    const at = blockOf(i);
    pooled[at] = pool === 'max' ? Math.max(pooled[at]!, scores[i]!) : pooled[at]! + scores[i]!;
    counts[at]!++;
  }
  if (pool === 'avg') for (let at = 0; at < pooled.length; at++) pooled[at]! /= counts[at]!;
  const keep = keepLargest(pooled, Math.round((1 - sparsity) * pooled.length));
  return Uint8Array.from(scores, (_, i) => keep[blockOf(i)]!);
}

/** @throws {RangeError} unless the sizes of a block are whole numbers from 1. */
export function checkBlock(where: string, block: readonly [number, number]): void {
  if (!Array.isArray(block) || block.length !== 2 || !block.every((size: unknown) => Number.isInteger(size) && (size as number) >= 1))
    throw new RangeError(`${where}: block is ${show(block)}, but must be two whole numbers of at least 1, such as [4, 4].`);
}
