import * as tf from '@tensorflow/tfjs-core';
import type { ModelName } from '../training/model-names.ts';

/** A training program as any user of tfjs writes it; nothing in it knows which backend runs. */
export interface TfjsProgram {
  /** One step of training on images [batch, 28, 28, 1]; the loss. */
  step(images: tf.Tensor4D, targets: tf.Tensor2D): Promise<number>;
  dispose(): void;
}

/** The page's models once more, in tfjs's own operations, trained by tfjs's own SGD. */
export function tfjsProgram(model: ModelName, pixels: number, classes: number): TfjsProgram {
  const weights: tf.Variable[] = [];
  const weight = (shape: number[], inputs: number): number => {
    weights.push(tf.tidy(() => tf.variable(tf.randomNormal(shape, 0, Math.sqrt(2 / inputs)))));
    weights.push(tf.tidy(() => tf.variable(tf.zeros([shape.at(-1)!]))));
    return weights.length - 2;
  };
  const layers = model === 'mlp' ? perceptron(weight, pixels, classes) : convolutional(weight, classes);
  const optimizer = tf.train.sgd(0.01);
  return {
    async step(images, targets) {
      const cost = optimizer.minimize(() => tf.losses.softmaxCrossEntropy(targets, layers(images, weights)) as tf.Scalar, true, weights)!;
      const [loss] = await cost.data();
      cost.dispose();
      return loss!;
    },
    dispose: () => {
      tf.dispose(weights);
      optimizer.dispose();
    },
  };
}

type NewWeight = (shape: number[], inputs: number) => number;
type Apply = (images: tf.Tensor4D, weights: readonly tf.Tensor[]) => tf.Tensor;

function perceptron(weight: NewWeight, pixels: number, classes: number): Apply {
  const sizes = [pixels, 512, 256, classes];
  const layers = sizes.slice(1).map((units, layer) => weight([sizes[layer]!, units], sizes[layer]!));
  return (images, weights) => {
    let x: tf.Tensor = tf.reshape(images, [images.shape[0], pixels]);
    for (const [index, at] of layers.entries()) {
      x = tf.add(tf.matMul(x, weights[at]!), weights[at + 1]!);
      if (index < layers.length - 1) x = tf.relu(x);
    }
    return x;
  };
}

function convolutional(weight: NewWeight, classes: number): Apply {
  const first = weight([3, 3, 1, 32], 9);
  const second = weight([3, 3, 32, 64], 288);
  const hidden = weight([5 * 5 * 64, 128], 5 * 5 * 64);
  const last = weight([128, classes], 128);
  return (images, weights) => {
    const block = (x: tf.Tensor4D, at: number): tf.Tensor4D =>
      tf.maxPool(tf.relu(tf.add(tf.conv2d(x, weights[at] as tf.Tensor4D, 1, 'valid'), weights[at + 1]!)) as tf.Tensor4D, 2, 2, 'valid');
    const features = block(block(images, first), second);
    const flat = tf.reshape(features, [images.shape[0], 5 * 5 * 64]);
    return tf.add(tf.matMul(tf.relu(tf.add(tf.matMul(flat, weights[hidden]!), weights[hidden + 1]!)), weights[last]!), weights[last + 1]!);
  };
}
