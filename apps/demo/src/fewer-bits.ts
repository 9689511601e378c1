import * as tf from '@tensorflow/tfjs-core';
import { quantize, simulate, type Scheme } from '@x/quant';
import type { Layer } from '@x/tensor';
import type { ImagePart } from '@x-tooling/datasets';
import { normalise } from './images.ts';
import { predict } from './predictions.ts';

/** The trained network in one number format. */
export interface FormatResult {
  readonly scheme: Scheme;
  /** On the test images. */
  readonly accuracy: number;
  /** Of the weights and biases. */
  readonly bytes: number;
  /** Median over batches of a thousand images. */
  readonly microsecondsPerImage: number;
}

/** The trained network in fewer bits, without further training. */
export interface FewerBits {
  /** Float first; without those that most of the network's layers don't have. */
  readonly formats: readonly FormatResult[];
  /** Weights and activations of equal width, simulated. */
  readonly accuracies: readonly { readonly bits: number; readonly accuracy: number }[];
}

/** Training images that ranges of activations come from. */
const CALIBRATION = 512;
const BATCH = 1000;
const REPEATS = 5;
const widths = [8, 7, 6, 5, 4, 3, 2] as const;

/** What int8 and int4 cost the network, and what other widths would. */
export async function fewerBits(net: Layer, train: ImagePart, test: ImagePart, classes: number): Promise<FewerBits> {
  const calibrate = firstOf(train, CALIBRATION);
  const batch = firstOf(test, BATCH);
  const float = { accuracy: predict(net, test, classes).accuracy, microsecondsPerImage: timeOf(net, batch) };
  const formats: FormatResult[] = [];
  for (const scheme of ['int8', 'int4'] as const) {
    const q = await quantize(net, { scheme, calibrate, unsupported: 'float' });
    const { layers, bytes, floatBytes } = q.report();
    // Of a sparse network, whose places of non-zeros count, those of its variables would not be all.
    if (formats.length === 0) formats.push({ scheme: 'float', ...float, bytes: floatBytes });
    // Sparse layers have no int4: what stays float for the most part is not that format.
    const asFloats = layers.reduce((sum, layer) => sum + (layer.scheme === 'float' ? layer.bytes : 0), 0);
    if (asFloats < bytes / 2)
      formats.push({ scheme, accuracy: predict(q, test, classes).accuracy, bytes, microsecondsPerImage: timeOf(q, batch) });
    q.dispose();
  }
  const accuracies: { bits: number; accuracy: number }[] = [];
  for (const bits of widths) {
    const simulated = await simulate(net, { weights: { bits }, activations: { bits }, calibrate, unsupported: 'float' });
    accuracies.push({ bits, accuracy: predict(simulated, test, classes).accuracy });
  }
  tf.dispose([calibrate, batch]);
  return { formats, accuracies };
}

function firstOf({ images, count }: ImagePart, wanted: number): tf.Tensor {
  const pixels = images.length / count;
  const taken = Math.min(wanted, count);
  return tf.tidy(() => normalise(tf.tensor2d(Float32Array.from(images.subarray(0, taken * pixels)), [taken, pixels])));
}

function timeOf(net: Layer, batch: tf.Tensor): number {
  const times = Array.from({ length: REPEATS }, () =>
    tf.tidy(() => {
      const began = performance.now();
      net.apply(batch).dataSync();
      return performance.now() - began;
    }),
  );
  return (1000 * times.sort((a, b) => a - b)[REPEATS >> 1]!) / batch.shape[0]!;
}
