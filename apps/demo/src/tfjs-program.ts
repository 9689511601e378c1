import * as tf from '@tensorflow/tfjs-core';
import { random } from '@x/tensor';

/** A training program as any user of tfjs writes it; nothing in it knows which backend runs. */
export interface TfjsProgram {
  /** One step of training; reading the loss waits until it is done. */
  step(images: tf.Tensor2D, targets: tf.Tensor2D): number;
  dispose(): void;
}

/** A multilayer perceptron of these sizes, trained by stochastic gradient descent; the same seed gives the same first weights on every backend. */
export function tfjsProgram(sizes: readonly number[], seed: number): TfjsProgram {
  const key = random.key(seed);
  const layers = sizes.slice(1).map((units, layer) => {
    const inputs = sizes[layer]!;
    // Outside a tidy, the tensors that the variables begin with would stay.
    return tf.tidy(() => ({
      weight: tf.variable(random.normal(random.fold(key, layer), [inputs, units], { std: Math.sqrt(2 / inputs) })),
      bias: tf.variable(tf.zeros([units])),
    }));
  });
  const optimizer = tf.train.sgd(0.01);
  return {
    step(images, targets) {
      const cost = optimizer.minimize(() => {
        let x: tf.Tensor = images;
        for (const [index, { weight, bias }] of layers.entries()) {
          x = tf.add(tf.matMul(x, weight), bias);
          if (index < layers.length - 1) x = tf.relu(x);
        }
        return tf.losses.softmaxCrossEntropy(targets, x) as tf.Scalar;
      }, true)!;
      const [loss] = cost.dataSync();
      cost.dispose();
      return loss!;
    },
    dispose: () => {
      for (const { weight, bias } of layers) tf.dispose([weight, bias]);
      optimizer.dispose();
    },
  };
}
