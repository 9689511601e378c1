import * as tf from '@tensorflow/tfjs-core';
import type { ImagePart } from '@x-tooling/datasets';
import type { Layer } from '@x/tensor';
import { normalise } from './images.ts';

/** What the trained network says of the test images. */
export interface Predictions {
  readonly accuracy: number;
  /** Images by true class, then by the class they were taken for. */
  readonly confusion: readonly (readonly number[])[];
  /** Wrongly classified images, those first of which the network was surest. */
  readonly mistakes: readonly Mistake[];
}

export interface Mistake {
  /** Number of the image in the test set, from 0. */
  readonly image: number;
  readonly label: number;
  readonly predicted: number;
  /** What the network gave for `predicted`, 0 to 1. */
  readonly probability: number;
}

const BATCH = 1000;

/** Classifies all images of a part. */
export function predict(net: Layer, { images, labels, count }: ImagePart, classes: number): Predictions {
  const pixels = images.length / count;
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  const mistakes: Mistake[] = [];
  for (let first = 0; first < count; first += BATCH) {
    const size = Math.min(BATCH, count - first);
    const bytes = images.subarray(first * pixels, (first + size) * pixels);
    const [predicted, probability] = tf.tidy(() => {
      const probabilities = tf.softmax(net.apply(normalise(tf.tensor2d(Float32Array.from(bytes), [size, pixels]))));
      return [tf.argMax(probabilities, 1).dataSync(), tf.max(probabilities, 1).dataSync()] as const;
    });
    for (let index = 0; index < size; index++) {
      const image = first + index;
      const label = labels[image]!;
      const guess = predicted[index]!;
      confusion[label]![guess]!++;
      if (guess !== label) mistakes.push({ image, label, predicted: guess, probability: probability[index]! });
    }
  }
  mistakes.sort((a, b) => b.probability - a.probability);
  return { accuracy: 1 - mistakes.length / count, confusion, mistakes };
}
