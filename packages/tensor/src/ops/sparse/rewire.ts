import { tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import { checkGrown, referenceMove, referenceRewire } from '../../kernels/reference/sparse/rewire.ts';
import { checkNumber, checkTensor, describe } from '../arguments.ts';
import { hasKernel, runKernel } from '../kernel.ts';
import { checkPattern, CsrPattern } from './csr-pattern.ts';
import { checkKeep } from './largest-absent.ts';

/** What changes in a topology: non-zeros that stay, and positions that become non-zeros. */
export interface Rewiring {
  /** 1 for each non-zero that stays. */
  readonly keep: Uint8Array;
  /** New positions, row · columns + column, rising; none of them of a non-zero that stays. */
  readonly grown: Float64Array;
}

export interface Rewired {
  readonly pattern: CsrPattern;
  /** int32[non-zeros]: for each of the new pattern its number in the old one, or -1 - i for the i-th that grew. Dispose it after {@link moveValues}. */
  readonly from: Tensor;
}

/**
 * The pattern after a change, in time of its non-zeros; the old one stays as it is, so that it may be disposed before the new one's
 * transposed view is made, which is when it is first needed. A position that goes and grows at once is the old one.
 *
 * @throws {TypeError | RangeError} if an argument is invalid; then nothing is made.
 * @example
 * const pattern = csrPattern(1, 3, Int32Array.of(0, 2), Int32Array.of(0, 1));
 * rewire(pattern, { keep: Uint8Array.of(1, 0), grown: Float64Array.of(2) }).from.dataSync(); // => Int32Array [0, -1]
 */
export function rewire(pattern: CsrPattern, { keep, grown }: Rewiring): Rewired {
  const where = 'rewire';
  checkPattern(where, pattern);
  checkKeep(where, keep, pattern);
  if (!(grown instanceof Float64Array))
    throw new TypeError(`${where}: grown is ${describe(grown)}, but must be a Float64Array of positions, row · columns + column.`);
  const { rows, columns } = pattern;
  if (hasKernel('XSparseRewire')) {
    const { pointers, indices } = pattern.onDevice();
    const [newPointers, newIndices, from] = runKernel<Tensor[]>(
      'XSparseRewire',
      { pointers, indices },
      { columns, keep, grown, check: () => checkGrown(grown, rows, columns) },
    ) as [Tensor, Tensor, Tensor];
    return { pattern: new CsrPattern(rows, columns, newPointers, newIndices), from };
  }
  const { pointers, indices, from } = referenceRewire(pattern, keep, grown);
  return { pattern: new CsrPattern(rows, columns, pointers, indices), from: tensor1d(from, 'int32') };
}

/**
 * A pattern's values after {@link rewire}: survivors have theirs, what grew has `grown` or 0, and so has what is past the non-zeros.
 *
 * @param values float32, those before.
 * @param from What `rewire` returned.
 * @param size Elements of the result, at least as many as `from` has.
 * @param grown float32, a value for each position that grew.
 * @throws {TypeError | RangeError} if an argument has another dtype or shape.
 */
export function moveValues(values: Tensor, from: Tensor, size: number, grown?: Float32Array): Tensor {
  const where = 'moveValues';
  checkTensor(where, 'values', values, { dtype: 'float32', rank: 1 });
  checkTensor(where, 'from', from, { dtype: 'int32', rank: 1 });
  checkNumber(where, 'size', size, { least: from.size, whole: true });
  if (!hasKernel('XSparseMove'))
    return tensor1d(referenceMove(values.dataSync() as Float32Array, from.dataSync() as Int32Array, size, grown), 'float32');
  if (!grown) return runKernel<Tensor>('XSparseMove', { values, from }, { size });
  const given = tensor1d(grown);
  const moved = runKernel<Tensor>('XSparseMove', { values, from, grown: given }, { size });
  given.dispose();
  return moved;
}
