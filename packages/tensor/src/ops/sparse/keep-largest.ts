import { Tensor, tensor1d } from '@tensorflow/tfjs-core';
import { referenceKeepLargest, type Compared } from '../../kernels/reference/sparse/keep-largest.ts';
import { checkOptions } from '../argument-kinds.ts';
import { checkChoice, checkNumber, checkTensor, describe } from '../arguments.ts';
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
 * @param values float32, or a tensor float32[count], which isn't read from the device then.
 * @throws {TypeError | RangeError} if an argument is invalid.
 * @example
 * keepLargest(Float32Array.of(1, -5, 3), 2, { by: 'magnitude' }); // => Uint8Array [0, 1, 1]
 */
export function keepLargest(values: Float32Array | Tensor, k: number, options: KeepLargestOptions = {}): Uint8Array {
  const { by = 'value' } = checkOptions('keepLargest', options);
  const where = 'keepLargest';
  const given = values instanceof Tensor;
  if (given) checkTensor(where, 'values', values, { dtype: 'float32', rank: 1 });
  else if (!(values instanceof Float32Array))
    throw new TypeError(`${where}: values is ${describe(values)}, but must be a Float32Array or a tensor.`);
  checkNumber(where, 'k', k, { least: 0, whole: true });
  checkChoice(where, 'by', by, ['value', 'magnitude', 'negated']);
  const count = given ? values.size : values.length;
  if (count < MANY || k === 0 || k >= count || !hasKernel('XKeepLargest'))
    return referenceKeepLargest(given ? (values.dataSync() as Float32Array) : values, k, by);
  const input = given ? values : tensor1d(values);
  const flags = runKernel<Tensor>('XKeepLargest', { values: input }, { k, by });
  const keep = flags.dataSync() as Uint8Array;
  if (!given) input.dispose();
  flags.dispose();
  return keep;
}
