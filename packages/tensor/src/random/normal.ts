import { tensor, util, type Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkNumber, checkShape } from '../ops/arguments.ts';
import { bits } from './bits.ts';
import { checkKey, type Key } from './key.ts';
import { normalPair } from './normal-pair.ts';

export interface NormalOptions {
  /** Default 0. */
  readonly mean?: number;
  /** Standard deviation. Default 1. */
  readonly std?: number;
}

/**
 * Normal numbers with the given mean and standard deviation, two from each two words by Box and Muller's method.
 *
 * @returns A float32 tensor of the shape; the same bits for the same key in every engine.
 * @throws {RangeError} if the shape is invalid, or std negative.
 * @example
 * const noise = normal(key(0), [2, 3], { std: 0.1 });
 */
export function normal(key: Key, shape: readonly number[], options: NormalOptions = {}): Tensor {
  const { mean = 0, std = 1 } = checkOptions('normal', options);
  checkKey('normal', key);
  checkShape('normal', 'shape', shape);
  checkNumber('normal', 'mean', mean);
  checkNumber('normal', 'std', std, { least: 0 });
  const values = normals(key, util.sizeFromShape(shape as number[]));
  if (mean !== 0 || std !== 1) for (let i = 0; i < values.length; i++) values[i] = mean + std * (values[i] as number);
  return tensor(Float32Array.from(values), shape as number[]);
}

/** Standard normal numbers `offset`, `offset + 1`, ... of a key's stream; `offset` is a multiple of 4. */
export function normals(key: Key, n: number, offset = 0): Float64Array<ArrayBuffer> {
  const words = bits(key, n + (n & 1), { offset });
  const values = new Float64Array(words.length);
  for (let i = 0; i < words.length; i += 2) normalPair(words[i] as number, words[i + 1] as number, values, i);
  return values.subarray(0, n);
}
