import { tensor, util, type Tensor } from '@tensorflow/tfjs-core';
import { checkShape } from '../ops/arguments.ts';
import { bits } from './bits.ts';
import { checkKey, type Key } from './key.ts';

/**
 * Numbers that are 1 or -1 with equal probability: element i is 1 where bit i % 32 of word i / 32 is set.
 *
 * @returns A float32 tensor of the shape.
 * @throws {RangeError} if the shape is invalid.
 */
export function rademacher(key: Key, shape: readonly number[]): Tensor {
  checkKey('rademacher', key);
  checkShape('rademacher', 'shape', shape);
  const size = util.sizeFromShape(shape as number[]);
  const words = bits(key, Math.ceil(size / 32));
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) values[i] = (((words[i >>> 5] as number) >>> (i & 31)) & 1) * 2 - 1;
  return tensor(values, shape as number[]);
}
