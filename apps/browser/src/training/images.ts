import * as tf from '@tensorflow/tfjs-core';
import type { Examples } from '@x/tensor';
import type { Images } from './fashion-mnist.ts';

/** Mean and standard deviation of the grey values of Fashion-MNIST's training images. */
const MEAN = 72.94;
const DEVIATION = 90.02;

/** Grey values 0 to 255 with mean 0 and variance 1. */
export function normalize(images: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.div(tf.sub(images, MEAN), DEVIATION));
}

/** Images as `fit` and `evaluate` take them: bytes in memory, made numbers a batch at a time. */
export function examplesOf({ images, labels }: Images, shape: readonly number[]): Examples {
  return { x: images, y: labels, shape, transform: normalize };
}

/** The first `count` images. */
export function firstImages({ images, labels, count: all }: Images, count: number): Images {
  return { images: images.subarray(0, (count * images.length) / all), labels: labels.subarray(0, count), count };
}
