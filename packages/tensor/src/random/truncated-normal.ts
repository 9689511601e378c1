import { tensor, util, type Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkNumber, checkShape } from '../ops/arguments.ts';
import { checkKey, type Key } from './key.ts';
import { normals, type NormalOptions } from './normal.ts';

export interface TruncatedNormalOptions extends NormalOptions {
  /** Numbers further from the mean than this many standard deviations are drawn again. Default 2. */
  readonly bound?: number;
}

/** Numbers drawn at once. */
const CHUNK = 4096;

/**
 * Normal numbers within `bound` standard deviations of the mean: the key's normal stream without the others.
 * `std` is that of the whole normal distribution; truncated at 2, theirs is 0.880 of it.
 *
 * @throws {RangeError} if the shape is invalid, std negative or bound under 0.01.
 */
export function truncatedNormal(key: Key, shape: readonly number[], options: TruncatedNormalOptions = {}): Tensor {
  const { mean = 0, std = 1, bound = 2 } = checkOptions('truncatedNormal', options);
  checkKey('truncatedNormal', key);
  checkShape('truncatedNormal', 'shape', shape);
  checkNumber('truncatedNormal', 'mean', mean);
  checkNumber('truncatedNormal', 'std', std, { least: 0 });
  checkNumber('truncatedNormal', 'bound', bound, { least: 0.01, remedy: 'A narrower distribution is all but uniform; use uniform().' });
  const values = new Float32Array(util.sizeFromShape(shape as number[]));
  let filled = 0;
  for (let offset = 0; filled < values.length; offset += CHUNK) {
    for (const value of normals(key, CHUNK, offset)) {
      if (Math.abs(value) <= bound && filled < values.length) values[filled++] = mean + std * value;
    }
  }
  return tensor(values, shape as number[]);
}
