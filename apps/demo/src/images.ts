import * as tf from '@tensorflow/tfjs-core';
import type { ImagePart } from '@x-tooling/datasets';
import type { Examples } from '@x/tensor';

/** Mean and standard deviation of the grey values of Fashion-MNIST's training images. */
const MEAN = 72.94;
const DEVIATION = 90.02;

/** Grey values 0 to 255 with mean 0 and variance 1. */
export function normalise(images: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.div(tf.sub(images, MEAN), DEVIATION));
}

/** Images as `fit` and `evaluate` take them: bytes in memory, made numbers a batch at a time. */
export function examplesOf({ images, labels }: ImagePart): Examples {
  return { x: images, y: labels, transform: normalise };
}

/** The first `count` images of a part. */
export function firstImages({ images, labels, count: all }: ImagePart, count: number): ImagePart {
  const pixels = images.length / all;
  return { images: images.subarray(0, count * pixels), labels: labels.subarray(0, count), count };
}
