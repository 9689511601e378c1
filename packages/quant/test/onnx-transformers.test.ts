import * as tf from '@tensorflow/tfjs-core';
import {
  attention,
  batchNormLayer,
  conv2d,
  dense,
  embeddingLayer,
  flatten,
  groupNormLayer,
  initializers,
  layerNormLayer,
  positionalEmbedding,
  random,
  residual,
  rmsNormLayer,
  sequential,
  transformerBlock,
  type Layer,
} from '@x/tensor';
import { beforeAll, describe, expect, test } from 'vitest';
import { quantize, type QuantizeOptions } from '../src/index.ts';
import { toOnnx } from '../src/onnx.ts';
import { useBackend } from './backends.ts';
import { runOnnxruntime } from './onnxruntime.ts';

const keys = random.split(random.key(1), 8);

/** Characters to scores of the next, as language models are made. */
const language = (causal: boolean): Layer =>
  sequential([
    embeddingLayer(11, 16, { key: keys[0]! }),
    positionalEmbedding(12, 16, { key: keys[1]! }),
    transformerBlock(16, { heads: 2, causal, hidden: 32, key: keys[2]! }),
    transformerBlock(16, { heads: 4, causal, hidden: 24, activation: 'geluTanh', key: keys[3]! }),
    layerNormLayer(16),
    dense(16, 11, { key: keys[4]!, init: initializers.normal({ std: 0.3 }) }),
  ]);
const ids = (seed: number, shape: [number, number]): tf.Tensor =>
  tf.tidy(() => tf.cast(tf.floor(random.uniform(random.key(seed), shape, { min: 0, max: 11 })), 'int32'));

describe.each(['qdq', 'qoperator'] as const)('onnxruntime runs the %s form of', (form) => {
  beforeAll(() => useBackend('x'));

  test.each<[string, boolean, QuantizeOptions]>([
    ['int8', true, {}],
    ['int8 that sees all places', false, {}],
    ['4 bits in groups, activations in float', true, { scheme: 'int4', activations: 'float', weights: { groupSize: 8 } }],
  ])('a transformer, %s, shorter sequences too', async (_, causal, options) => {
    const net = language(causal);
    const samples = ids(2, [48, 12]);
    const q = await quantize(net, { calibrate: samples, ...options });
    net.dispose();
    const model = toOnnx(q, { form });
    for (const length of [12, 7]) {
      const x = ids(3, [9, length]);
      const theirs = await runOnnxruntime(model, x);
      const ours = tf.tidy(() => q.apply(x).dataSync() as Float32Array);
      const differences = theirs.map((value, at) => Math.abs(value - ours[at]!));
      // Float32 sums of another order in normalization and softmax may move an input across a step of 8 bits; then a row differs, by less
      // than quantizing changes it.
      expect(theirs).toHaveLength(ours.length);
      expect(Math.max(...differences)).toBeLessThan(q.report().output!.largest);
      expect(differences.filter((difference) => difference > 2e-5).length / ours.length).toBeLessThan(options.scheme ? 1e-9 : 0.25);
      x.dispose();
    }
    for (const own of [q, samples]) own.dispose();
  });

  test('attention to sequences of vectors, and normalizations of all kinds in float', async () => {
    const net = sequential([
      rmsNormLayer(8),
      residual([layerNormLayer(8), attention(8, { heads: 2, key: keys[5]! })]),
      dense(8, 3, { key: keys[6]! }),
    ]);
    const x = random.normal(random.key(3), [10, 6, 8]);
    const q = await quantize(net, { scheme: 'int4', activations: 'float', weights: { groupSize: 8 } });
    expect(await runOnnxruntime(toOnnx(q, { form }), x)).toBeAllclose(
      tf.tidy(() => q.apply(x).dataSync()),
      { rtol: 1e-5, atol: 2e-6 },
    );
    for (const own of [net, q, x]) own.dispose();
    const images = random.normal(random.key(4), [6, 5, 5, 4]);
    const convolutional = sequential([
      batchNormLayer(4),
      conv2d(4, 6, 3, { key: keys[5]! }),
      groupNormLayer(6, { groups: 2 }),
      flatten(),
      dense(54, 3, { key: keys[6]! }),
    ]);
    const r = await quantize(convolutional, { calibrate: images, layers: { '1': 'float', '4': 'float' } });
    expect(await runOnnxruntime(toOnnx(r, { form }), images)).toBeAllclose(
      tf.tidy(() => r.apply(images).dataSync()),
      { rtol: 1e-5, atol: 2e-6 },
    );
    for (const own of [convolutional, r, images]) own.dispose();
  });
});

test('attention to a memory is refused by name', async () => {
  await useBackend('x');
  const net = attention(8, { memory: 6, key: keys[0]! });
  const q = await quantize(net, { scheme: 'int4', activations: 'float', weights: { groupSize: 2 } }).catch(() =>
    quantize(net, { layers: {}, activations: 'dynamic' }),
  );
  expect(() => toOnnx(q)).toThrow(/layer 0 \(attention\) has a memory/);
  for (const own of [net, q]) own.dispose();
});
