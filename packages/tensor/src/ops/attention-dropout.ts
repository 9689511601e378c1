import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import { keptFactor, type AttentionDropout } from '../kernels/attention.ts';
import { checkKey, VALUES, type Key } from '../random/key.ts';
import { philox } from '../random/philox.ts';
import { checkNumber } from './arguments.ts';

/**
 * What an attention drops for a rate, in steps of 2^-16; undefined if nothing.
 *
 * @throws {RangeError | TypeError} if the rate is not from 0 to below 1, or without a key is not 0.
 */
export function attentionDropout(where: string, rate: number, key: Key | undefined): AttentionDropout | undefined {
  checkNumber(where, 'dropout', rate, { least: 0, below: 1 });
  if (rate === 0) return undefined;
  checkKey(where, key);
  const threshold = Math.min(Math.round(rate * 2 ** 16), 2 ** 16 - 1);
  const [first, second] = (key as Key).words;
  return threshold === 0 ? undefined : { key: [first, second], threshold };
}

/** What each probability [batch, heads, queries, keys] is multiplied by: see wasm/dense/attention-dropout.ts, which it must equal. */
export function keptProbabilities({ key, threshold }: AttentionDropout, shape: readonly [number, number, number, number]): Tensor {
  const [batch, heads, queries, keys] = shape;
  const factors = new Float32Array(batch * heads * queries * keys);
  const factor = keptFactor(threshold);
  const words = new Uint32Array(4 * Math.ceil(keys / 8));
  for (let row = 0; row < batch * heads * queries; row++) {
    philox(words, key, [0, row % queries, Math.floor(row / queries), VALUES]);
    for (let i = 0; i < keys; i++) {
      const word = words[4 * (i >> 3) + (i & 3)] as number;
      if (((i & 4) === 0 ? word & 0xffff : word >>> 16) >= threshold) factors[row * keys + i] = factor;
    }
  }
  return tensor(factors, shape as unknown as number[]);
}
