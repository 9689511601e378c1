import * as tf from '@tensorflow/tfjs-core';
import {
  activationLayer,
  attention,
  averagePool2d,
  conv2d,
  decodeSafetensors,
  dense,
  depthwiseConv2d,
  embeddingLayer,
  encodeSafetensors,
  flatten,
  globalAveragePool,
  maxPool2d,
  positionalEmbedding,
  random,
  residual,
  rmsNormLayer,
  sequential,
  transformerBlock,
  unflatten,
  type SequentialLayer,
} from '@x/tensor';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  fromSafetensors,
  quantize,
  toSafetensors,
  type NetworkFile,
  type QuantizedNetwork,
  type QuantizeOptions,
  type SafetensorsInput,
} from '../src/index.ts';
import { useBackend } from './backends.ts';

function network(): SequentialLayer {
  const keys = random.split(random.key(1), 3);
  return sequential([
    flatten(),
    dense(64, 65, { activation: 'relu', key: keys[0] }),
    sequential([dense(65, 32, { key: keys[1], bias: false }), activationLayer('leakyRelu', { slope: 0.2 })]),
    dense(32, 7, { key: keys[2] }),
  ]);
}

/** What reading the bytes of a file gives. */
async function read({ tensors, metadata }: NetworkFile): Promise<SafetensorsInput> {
  return decodeSafetensors(await encodeSafetensors(tensors, { metadata }));
}

async function again(q: QuantizedNetwork): Promise<QuantizedNetwork> {
  const contents = await read(toSafetensors(q));
  const loaded = fromSafetensors(contents);
  tf.dispose(contents.tensors as never);
  return loaded;
}

describe('quantized networks in files', () => {
  beforeAll(() => useBackend('x'));

  test('of convolutions, pools and ways around them are the same afterwards', async () => {
    const keys = random.split(random.key(3), 5);
    const net = sequential([
      conv2d(2, 8, 3, { padding: 'same', activation: 'relu', key: keys[0]! }),
      maxPool2d(2),
      residual([depthwiseConv2d(8, 3, { padding: 1, key: keys[1]! }), activationLayer('silu'), conv2d(8, 8, 1, { key: keys[2]! })]),
      averagePool2d(2, { strides: 1 }),
      conv2d(8, 4, 2, { key: keys[3]! }),
      globalAveragePool(),
      unflatten([2, 2]),
      dense(2, 3, { key: keys[4]! }),
    ]);
    const samples = random.normal(random.key(2), [16, 10, 8, 2]);
    await expectNoLeak(async () => {
      const q = await quantize(net, { calibrate: samples, layers: { '4': 'float' } });
      const loaded = await again(q);
      tf.tidy(() => {
        expect(loaded.apply(samples).dataSync()).toEqual(q.apply(samples).dataSync());
      });
      expect(loaded.outputShape([null, 10, 8, 2])).toEqual([null, 2, 3]);
      const [before, after] = [toSafetensors(q), toSafetensors(loaded)];
      expect(after.tensors).toEqual(before.tensors);
      expect(JSON.parse(after.metadata['quantized']!)).toEqual(JSON.parse(before.metadata['quantized']!));
      q.dispose();
      loaded.dispose();
    });
    for (const own of [net, samples]) own.dispose();
  });

  test('of transformers are the same afterwards, without the network they come from', async () => {
    const [a, b, c, d] = random.split(random.key(4), 4);
    const net = sequential([
      embeddingLayer(9, 16, { key: a! }),
      positionalEmbedding(8, 16, { key: b! }),
      transformerBlock(16, { heads: 2, causal: true, hidden: 24, key: c! }),
      rmsNormLayer(16, { epsilon: 1e-3 }),
      dense(16, 9, { key: d! }),
    ]);
    const ids = tf.tensor2d(
      Array.from(random.bits(random.key(1), 64), (draw) => draw % 9),
      [8, 8],
      'int32',
    );
    await expectNoLeak(async () => {
      const copy = sequential([net]);
      const q = await quantize(copy, { calibrate: ids });
      const loaded = await again(q);
      const expected = tf.tidy(() => q.apply(ids).dataSync());
      // Normalizations and embeddings of a quantized network are its own.
      const { gamma } = net.layers[3]!.variables as { gamma: tf.Variable };
      const ones = gamma.clone();
      tf.tidy(() => gamma.assign(tf.zerosLike(gamma)));
      tf.tidy(() => {
        expect(q.apply(ids).dataSync()).toEqual(expected);
        expect(loaded.apply(ids).dataSync()).toEqual(expected);
      });
      gamma.assign(ones);
      ones.dispose();
      expect(loaded.outputShape([null, 8])).toEqual([null, 8, 9]);
      expect(toSafetensors(loaded)).toEqual(toSafetensors(q));
      const bytes = Object.values(toSafetensors(q).tensors).reduce((sum, own) => sum + own.bytes.length, 0);
      expect(bytes).toBe(q.report().bytes);
      q.dispose();
      loaded.dispose();
    });
    for (const own of [net, ids]) own.dispose();
  });

  test('of attention to a memory too', async () => {
    const net = attention(8, { heads: 2, memory: 6, key: random.key(1) });
    const [x, memory] = [random.normal(random.key(2), [2, 3, 8]), random.normal(random.key(3), [2, 5, 6])];
    await expectNoLeak(async () => {
      const q = await quantize(net, { activations: 'dynamic' });
      const loaded = await again(q);
      tf.tidy(() => {
        expect(loaded.apply(x, { memory }).dataSync()).toEqual(q.apply(x, { memory }).dataSync());
      });
      q.dispose();
      loaded.dispose();
    });
    for (const own of [net, x, memory]) own.dispose();
  });

  test.each([
    [{}, 0.3],
    [{ scheme: 'int4' }, 0.19],
    [{ scheme: 'int4', weights: { integers: 'asymmetric' } }, 0.2],
    [{ scheme: 'ternary' }, 0.19],
    [{ smooth: 0.5, layers: { '3': 'float' } }, 0.4],
    [{ rounding: 'single', weights: { granularity: 'tensor' } }, 0.3],
  ] as readonly (readonly [QuantizeOptions, number])[])('are the same afterwards: %o', async (options, share) => {
    const net = network();
    const samples = random.normal(random.key(2), [32, 8, 8]);
    await expectNoLeak(async () => {
      const q = await quantize(net, { calibrate: samples, ...options });
      const file = toSafetensors(q);
      const loaded = await again(q);
      tf.tidy(() => {
        expect(loaded.apply(samples).dataSync()).toEqual(q.apply(samples).dataSync());
      });
      expect(toSafetensors(loaded)).toEqual(file);
      const bytes = Object.values(file.tensors).reduce((sum, { bytes }) => sum + bytes.length, 0);
      expect(bytes).toBe(q.report().bytes);
      expect(bytes / q.report().floatBytes).toBeLessThan(share);
      expect(loaded.report().layers.map(({ name, bytes }) => [name, bytes])).toEqual(
        q.report().layers.map(({ name, bytes }) => [name, bytes]),
      );
      q.dispose();
      loaded.dispose();
    });
    samples.dispose();
    net.dispose();
  });

  test('what isn’t whole or isn’t a network is refused, and leaves nothing', async () => {
    const net = network();
    const samples = random.normal(random.key(2), [32, 8, 8]);
    const q = await quantize(net, { calibrate: samples });
    const file = toSafetensors(q);
    const contents = await read(file);
    const steps = JSON.parse(file.metadata['quantized']!) as { version: number; steps: Record<string, unknown>[] };
    const changed = (at: number, fields: object): SafetensorsInput => {
      const own = structuredClone(steps);
      Object.assign(own.steps[at]!, fields);
      return { ...contents, metadata: { quantized: JSON.stringify(own) } };
    };
    const without = (name: string): SafetensorsInput => {
      const { [name]: _, ...tensors } = contents.tensors;
      const { [name]: __, ...raw } = contents.raw;
      return { ...contents, tensors, raw };
    };
    const cases: readonly (readonly [SafetensorsInput, RegExp])[] = [
      [{ ...contents, metadata: {} }, /written by something else/],
      [{ ...contents, metadata: { quantized: '{' } }, /no JSON/],
      [{ ...contents, metadata: { quantized: '{"version":2}' } }, /version 2/],
      [{ ...contents, metadata: { quantized: '{"version":1,"steps":[3]}' } }, /array of named steps/],
      [without('3.weight'), /layer 3: weight is missing/],
      [without('1.weightScale'), /layer 1: weightScale is missing/],
      [changed(1, { inputs: 63 }), /weight is I8 of 4160 bytes, but must be I8 of 4095/],
      [changed(1, { bits: 4 }), /must be U8 of 2080/],
      [changed(1, { activation: 'sine' }), /activation is "sine"/],
      [changed(1, { input: { scale: 0, zeroPoint: 0, type: 'int8' } }), /input.scale is 0/],
      [changed(1, { output: { scale: 1, zeroPoint: 200, type: 'int8' } }), /output.zeroPoint is 200/],
      [changed(3, { kind: 'lstm' }), /layer 3: kind is "lstm"/],
      [changed(3, { rounding: 'up' }), /rounding is "up"/],
      [changed(3, { windows: { window: [1, 2] } }), /windows.channels is undefined/],
      [
        changed(3, { windows: { channels: 3, window: [2, 2], strides: [1, 1], dilation: [1, 1], padding: 'valid' } }),
        /windows cover 12 values/,
      ],
      [changed(3, { kind: 'pool', of: 'least' }), /layer 3: of is "least"/],
      [changed(3, { kind: 'pool', of: 'max', windows: { window: [2, 0], strides: [1, 1], padding: 0 } }), /windows.window is 0/],
      [changed(3, { kind: 'reshape', shape: [-1] }), /shape is -1/],
      [changed(3, { kind: 'residual' }), /layer 3: parts are missing, but must be inner or inner, shortcut/],
      [changed(3, { kind: 'attention', heads: 2, parts: { qkv: [steps.steps[1]] } }), /layer 3: parts are qkv, but must be qkv, out or/],
      [changed(3, { kind: 'attention', parts: { qkv: [steps.steps[1]], out: [steps.steps[1]] } }), /layer 3: heads is undefined/],
      [changed(3, { kind: 'attention', heads: 2, parts: { qkv: [steps.steps[1]], out: [steps.steps[0]] } }), /parts hold no linear layers/],
      [changed(3, { kind: 'residual', parts: { inner: [] }, integers: { input: 1 } }), /integers.input.scale is undefined/],
      [changed(3, { kind: 'layerNorm', epsilon: 1e-5 }), /layer 3: gamma is missing/],
      [changed(1, { kind: 'layerNorm', epsilon: -1 }), /layer 1: gamma is missing/],
      [changed(1, { kind: 'positionalEmbedding' }), /layer 1: weight is missing/],
      [
        changed(3, { kind: 'residual', parts: { inner: [steps.steps[1]], shortcut: [{ name: 'a', kind: 'lstm' }] } }),
        /layer a: kind is "lstm"/,
      ],
    ];
    expectNoLeak(() => {
      for (const [input, message] of cases) expect(() => fromSafetensors(input), String(message)).toThrow(message);
    });
    expect(() => fromSafetensors(undefined as never)).toThrow(/must be what loadSafetensors/);
    expect(() => toSafetensors(net as never)).toThrow(/must be what quantize/);
    const foreign = { ...network().layers[1]!, kind: 'wave' };
    const odd = await quantize(sequential([dense(8, 64, { key: random.key(1) }), foreign]), { scheme: 'int4', unsupported: 'float' });
    expect(() => toSafetensors(odd)).toThrow(/layer 1 \(wave\) can't be written/);
    tf.dispose([samples, ...Object.values(contents.tensors)]);
    for (const own of [odd, q, net]) own.dispose();
  });
});
