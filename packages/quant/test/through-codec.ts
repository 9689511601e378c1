import * as tf from '@tensorflow/tfjs-core';
import { random } from '@x/tensor';
import { expect } from 'vitest';
import type { ActivationCodec } from '../src/index.ts';

/** Numbers there and back, and the bytes between. */
export function through(
  codec: ActivationCodec,
  values: Float32Array,
  key: Parameters<ActivationCodec['compress']>[1] = random.key(0),
): { back: Float32Array; bytes: number } {
  return tf.tidy(() => {
    const kept = codec.compress(tf.tensor1d(values), key);
    expect(kept.tensors.reduce((sum, { size }) => sum + 4 * size, 0)).toBe(kept.bytes);
    return { back: codec.decompress(kept).dataSync() as Float32Array, bytes: kept.bytes };
  });
}
