import { tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import { referenceKeepLargest, type Compared } from '../../kernels/reference/sparse/keep-largest.ts';
import { checkChoice, checkNumber, describe } from '../arguments.ts';
import { hasKernel, runKernel } from '../kernel.ts';

/** Values from which on the kernel takes less time than the way to it. */
const MANY = 256;

export interface KeepLargestOptions {
  /** What is compared: the values, their `magnitude`, or the values `negated`. Default `value`. */
  readonly by?: Compared;
}

/**
 * Flags of the k largest of some values, in time of their number: 1 for these, 0 for the others. Of equal ones the earlier ones
 * are kept; NaN is larger than all.
 *
 * @throws {TypeError | RangeError} if an argument is invalid.
 * @example
 * keepLargest(Float32Array.of(1, -5, 3), 2, { by: 'magnitude' }); // => Uint8Array [0, 1, 1]
 */
export function keepLargest(values: Float32Array, k: number, { by = 'value' }: KeepLargestOptions = {}): Uint8Array {
  const where = 'keepLargest';
  if (!(values instanceof Float32Array)) throw new TypeError(`${where}: values is ${describe(values)}, but must be a Float32Array.`);
  checkNumber(where, 'k', k, { least: 0, whole: true });
  checkChoice(where, 'by', by, ['value', 'magnitude', 'negated']);
  if (values.length < MANY || k === 0 || k >= values.length || !hasKernel('XKeepLargest')) return referenceKeepLargest(values, k, by);
  const input = tensor1d(values);
  const flags = runKernel<Tensor>('XKeepLargest', { values: input }, { k, by });
  const keep = flags.dataSync() as Uint8Array;
  input.dispose();
  flags.dispose();
  return keep;
}
