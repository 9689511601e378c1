import * as tf from '@tensorflow/tfjs-core';
import { dense, random, sequential } from '@x/tensor';
import { csrToDense } from '@x/tensor/sparse';
import { sparseLinear, type SparseLinearLayer } from '../src/index.ts';

export const BATCH = 24;

export function network(density: number, seed = 5): ReturnType<typeof sequential> {
  const [a, b, c] = random.split(random.key(seed), 3);
  return sequential([
    sparseLinear(20, 30, { density, room: Math.min(1, 2 * density), activation: 'relu', key: a }),
    sparseLinear(30, 25, { density, room: Math.min(1, 2 * density), activation: 'tanh', key: b }),
    dense(25, 4, { key: c }),
  ]);
}

export function batch(seed: number): { x: tf.Tensor; y: tf.Tensor } {
  return {
    x: random.normal(random.key(seed), [BATCH, 20]),
    y: tf.tensor1d(
      Int32Array.from({ length: BATCH }, (_, i) => (i * 7 + seed) % 4),
      'int32',
    ),
  };
}

/** A sparse layer's weights, or a slot of theirs, as the dense matrix they stand for. */
export function asDense(layer: SparseLinearLayer, values: tf.Tensor): Float32Array {
  return tf.tidy(() => csrToDense(values, layer.pattern).dataSync().slice() as Float32Array);
}

export const support = (layer: SparseLinearLayer): Float32Array => tf.tidy(() => asDense(layer, tf.onesLike(layer.variables.values)));
