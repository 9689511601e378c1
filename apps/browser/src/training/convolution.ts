import * as tf from '@tensorflow/tfjs-core';
import { random, type Key, type Layer } from '@x/tensor';

/** A layer of one's own is an object with variables and `apply`: 3x3 windows, relu, and the maximum of each 2x2. */
export function convolution(inputs: number, filters: number, key: Key): Layer {
  const shape: [number, number, number, number] = [3, 3, inputs, filters];
  const variables = tf.tidy(() => ({
    weight: tf.variable(random.normal(key, shape, { std: Math.sqrt(2 / (9 * inputs)) })),
    bias: tf.variable(tf.zeros([filters])),
  }));
  return {
    kind: 'convolution',
    variables,
    apply: (x) =>
      tf.tidy(() => {
        const windows = tf.conv2d(x as tf.Tensor4D, variables.weight as tf.Tensor as tf.Tensor4D, 1, 'valid');
        return tf.maxPool(tf.relu(tf.add(windows, variables.bias)) as tf.Tensor4D, 2, 2, 'valid');
      }),
    outputShape: ([batch = null, height, width]) => [batch, pooled(height), pooled(width), filters],
    dispose: () => tf.dispose([variables.weight, variables.bias]),
  };
}

function pooled(size: number | null | undefined): number | null {
  return size == null ? null : Math.floor((size - 2) / 2);
}
