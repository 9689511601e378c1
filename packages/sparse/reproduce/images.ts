import * as tf from '@tensorflow/tfjs-core';
import type { ImagePart } from '@x-tooling/datasets';
import { disposeState, random, trainable, trainStep, type Layer, type Optimizer } from '@x/tensor';

/** Images as one matrix of mean 0 and variance 1 (by the training images' numbers), and their classes. */
export interface Images {
  readonly x: tf.Tensor;
  readonly y: Int32Array;
}

/** The images from `first` on, `count` of them. */
export function images({ images: bytes, labels }: ImagePart, first: number, count: number, { mean, deviation }: Grey): Images {
  const x = tf.tidy(() => {
    const pixels = tf.tensor2d(Float32Array.from(bytes.subarray(first * 784, (first + count) * 784)), [count, 784]);
    return tf.div(tf.sub(pixels, mean), deviation);
  });
  return { x, y: Int32Array.from(labels.subarray(first, first + count)) };
}

/** Mean and standard deviation of the training images' grey values. */
export interface Grey {
  readonly mean: number;
  readonly deviation: number;
}
export const mnistGrey: Grey = { mean: 33.32, deviation: 78.57 };
export const fashionGrey: Grey = { mean: 72.94, deviation: 90.02 };

export interface TrainOptions {
  readonly optimizer: Optimizer;
  readonly epochs: number;
  readonly batch: number;
  readonly key: random.Key;
}

/** Trains on images in an order of its own each epoch; a last batch that would be smaller is left out. @returns Test error after each epoch, 0 to 1. */
export function trainOnImages(net: Layer, train: Images, test: Images, { optimizer, epochs, batch, key }: TrainOptions): number[] {
  const state = optimizer.init(trainable(net));
  const count = train.y.length;
  const errors: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = random.permutation(random.fold(key, epoch), count);
    for (let first = 0; first + batch <= count; first += batch) {
      tf.tidy(() => {
        const rows = order.subarray(first, first + batch);
        const labels = Int32Array.from(rows, (row) => train.y[row]!);
        trainStep(net, { x: tf.gather(train.x, tf.tensor1d(rows, 'int32')), y: tf.tensor1d(labels, 'int32') }, { optimizer, state });
      });
    }
    errors.push(testError(net, test));
  }
  disposeState(state);
  return errors;
}

/** Part of the images that are taken for another class. */
export function testError(net: Layer, { x, y }: Images): number {
  let wrong = 0;
  for (let first = 0; first < y.length; first += 1000) {
    const size = Math.min(1000, y.length - first);
    const output = tf.tidy(() => tf.argMax(net.apply(tf.slice(x, [first, 0], [size, -1])), 1));
    const classes = output.dataSync();
    output.dispose();
    for (let i = 0; i < size; i++) if (classes[i] !== y[first + i]) wrong++;
  }
  return wrong / y.length;
}
