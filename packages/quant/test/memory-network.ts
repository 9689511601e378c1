import * as tf from '@tensorflow/tfjs-core';
import { dense, random, sequential, type SequentialLayer } from '@x/tensor';

/** 64 numbers to 10 classes, by one hidden layer. */
export function network(): SequentialLayer {
  const keys = random.split(random.key(1), 2);
  return sequential([dense(64, 96, { activation: 'relu', key: keys[0] }), dense(96, 10, { key: keys[1] })]);
}

/** Random examples of it. */
export function batch(seed: number, count = 64): { x: tf.Tensor; y: tf.Tensor } {
  return {
    x: random.normal(random.key(seed), [count, 64]),
    y: tf.tensor1d(
      Int32Array.from({ length: count }, (_, i) => i % 10),
      'int32',
    ),
  };
}
