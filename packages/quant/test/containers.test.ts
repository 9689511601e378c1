import * as tf from '@tensorflow/tfjs-core';
import {
  activationLayer,
  attention,
  batchNormLayer,
  conv2d,
  dense,
  embeddingLayer,
  flatten,
  layerNormLayer,
  positionalEmbedding,
  random,
  residual,
  sequential,
  transformerBlock,
  type Layer,
} from '@x/tensor';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { quantize, sensitivity, simulate } from '../src/index.ts';
import { backends, useBackend } from './backends.ts';

const values = (net: Pick<Layer, 'apply'>, x: tf.Tensor, context = {}): Float32Array =>
  tf.tidy(() => net.apply(x, context).dataSync() as Float32Array);

function sqnr(expected: Float32Array, actual: Float32Array): number {
  const noise = expected.reduce((sum, y, i) => sum + (y - actual[i]!) ** 2, 0);
  return 10 * Math.log10(expected.reduce((sum, y) => sum + y * y, 0) / noise);
}

function languageModel(): Layer {
  const [a, b, c, d] = random.split(random.key(5), 4);
  return sequential([
    embeddingLayer(20, 32, { key: a }),
    positionalEmbedding(12, 32, { key: b }),
    transformerBlock(32, { heads: 4, causal: true, dropout: 0.1, key: c }),
    layerNormLayer(32),
    dense(32, 20, { key: d }),
  ]);
}

describe.each(backends)('containers on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  test('the linear layers of a transformer run in integers, of samples that are tokens', async () => {
    const net = languageModel();
    const tokens = tf.tensor2d(
      Array.from(random.bits(random.key(1), 96), (draw) => draw % 20),
      [8, 12],
      'int32',
    );
    const expected = values(net, tokens);
    await expectNoLeak(async () => {
      const q = await quantize(net, { calibrate: tokens });
      expect(sqnr(expected, values(q, tokens))).toBeGreaterThan(30);
      expect(
        q
          .report()
          .layers.filter(({ scheme }) => scheme === 'int8')
          .map(({ name }) => name),
      ).toEqual([...['2.0.inner.1.qkv', '2.0.inner.1.out', '2.1.inner.1', '2.1.inner.2', '4']]);
      for (const { output, scheme } of q.report().layers) if (scheme === 'int8') expect(output!.sqnr).toBeGreaterThan(30);
      expect(q.outputShape([null, 12])).toEqual([null, 12, 20]);
      q.dispose();
      for (const options of [
        { activations: 'dynamic' },
        { weights: { method: 'gptq' } },
        { smooth: 0.5 },
        { weights: { method: 'awq' } },
      ] as const) {
        const other = await quantize(net, { calibrate: tokens, ...options });
        expect(sqnr(expected, values(other, tokens)), JSON.stringify(options)).toBeGreaterThan(28);
        other.dispose();
      }
      const four = await quantize(net, { scheme: 'int4', layers: { '2.1.inner.1': 'float' } });
      expect(sqnr(expected, values(four, tokens))).toBeGreaterThan(14);
      four.dispose();
      const simulated = await simulate(net, { weights: { bits: 8 }, layers: ['2.0.inner.1.out'] });
      expect(sqnr(expected, values(simulated, tokens))).toBeGreaterThan(45);
    });
    const found = await sensitivity(net, { calibrate: tokens, schemes: ['int4'] });
    expect(found.filter(({ scheme }) => scheme === 'int4').map(({ layer }) => layer)).toHaveLength(5);
    tokens.dispose();
    net.dispose();
  });

  test('the convolutions of a residual network run in integers, and so do sums between those that take integers', async () => {
    const [a, b, c, d, e] = random.split(random.key(6), 5);
    const net = sequential([
      conv2d(3, 8, 3, { key: a, padding: 'same', activation: 'relu' }),
      residual([conv2d(8, 12, 3, { key: b, padding: 'same', bias: false }), batchNormLayer(12), activationLayer('relu')], {
        shortcut: conv2d(8, 12, 1, { key: c }),
      }),
      residual([batchNormLayer(12), activationLayer('relu'), conv2d(12, 12, 3, { key: d, padding: 1 })]),
      flatten(),
      dense(12 * 36, 5, { key: e }),
    ]);
    const samples = random.normal(random.key(7), [16, 6, 6, 3]);
    net.apply(samples, { training: true }).dispose();
    const q = await quantize(net, { calibrate: samples });
    expect(sqnr(values(net, samples), values(q, samples))).toBeGreaterThan(28);
    expect(q.report().layers.map(({ name, scheme }) => `${name} ${scheme}`)).toEqual([
      ...['0 int8', '1.inner.0 int8', '1.shortcut int8', '2.inner.0 float', '2.inner.2 int8', '4 int8'],
    ]);
    // The second begins with a normalization, which takes floats.
    expect(q.steps.map((step) => step.kind === 'composite' && step.integers !== undefined)).toEqual([false, false, false, false, false]);
    for (const own of [q, net, samples]) own.dispose();
  });

  test('what attention looks at comes through', async () => {
    const net = attention(16, { heads: 2, memory: 8, key: random.key(8) });
    const [x, memory] = [random.normal(random.key(9), [2, 5, 16]), random.normal(random.key(10), [2, 7, 8])];
    const q = await quantize(net, { activations: 'dynamic' });
    expect(sqnr(values(net, x, { memory }), values(q, x, { memory }))).toBeGreaterThan(28);
    expect(() => q.apply(x)).toThrow(/needs a memory/);
    for (const own of [q, net, x, memory]) own.dispose();
  });

  test('layers inside that can’t be quantized are named by their places', async () => {
    const wave: Layer = { kind: 'wave', variables: {}, apply: (x) => tf.sin(x), outputShape: (shape) => shape, dispose: () => {} };
    const net = sequential([residual([dense(4, 4, { key: random.key(1) }), wave])]);
    await expect(quantize(net)).rejects.toThrow(/layer 0.inner.1 \(wave\) can't be quantized/);
    net.dispose();
  });
});
