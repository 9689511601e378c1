import { tensor, util, type Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkNumber, checkShape } from '../ops/arguments.ts';
import { bits } from './bits.ts';
import { checkKey, type Key } from './key.ts';

export interface UniformOptions {
  /** Least value. Default 0. */
  readonly min?: number;
  /** Bound above, reached only by rounding. Default 1. */
  readonly max?: number;
}

/**
 * Uniform numbers: min + (max - min) u, u the upper 24 bits of word i over 2^24.
 *
 * @returns A float32 tensor of the shape.
 * @throws {RangeError} if the shape or a bound is invalid or min > max.
 * @example
 * uniform(key(0), [2]).print(); // [0.3990, 0.8805]
 */
export function uniform(key: Key, shape: readonly number[], options: UniformOptions = {}): Tensor {
  const { min = 0, max = 1 } = checkOptions('uniform', options);
  checkKey('uniform', key);
  checkShape('uniform', 'shape', shape);
  checkNumber('uniform', 'max', max);
  checkNumber('uniform', 'min', min, { most: max });
  const size = util.sizeFromShape(shape as number[]);
  const words = bits(key, size);
  const values = new Float32Array(size);
  const step = (max - min) / 2 ** 24;
  for (let i = 0; i < size; i++) values[i] = min + ((words[i] as number) >>> 8) * step;
  return tensor(values, shape as number[]);
}
