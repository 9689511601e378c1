import * as tf from '@tensorflow/tfjs-core';
import { dense, random, sequential } from '@x/tensor';
import { beforeAll, describe, expect, test } from 'vitest';
import { quantize } from '../src/index.ts';
import { toOnnx } from '../src/onnx.ts';
import { backends, useBackend } from './backends.ts';
import { onnxNetworks } from './golden/onnx-networks.ts';
import golden from './golden/onnx.json' with { type: 'json' };

describe.each(backends)('ONNX models on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  test('compute what ONNX’s reference evaluator computed of them', async () => {
    const { networks, x } = await onnxNetworks();
    expect(Object.keys(networks)).toEqual(Object.keys(golden.outputs));
    for (const [name, q] of Object.entries(networks)) {
      const expected = golden.outputs[name as keyof typeof golden.outputs];
      const actual = tf.tidy(() => q.apply(x).dataSync());
      expect(actual, name).toBeAllclose(expected, { rtol: 1e-4, atol: 1e-4 });
      q.dispose();
    }
    x.dispose();
  });
});

test('the model is protobuf with the operators that are meant, and refuses what it can’t hold', async () => {
  await useBackend('x');
  const net = sequential([dense(8, 4, { activation: 'relu6', key: random.key(1) })]);
  const samples = random.normal(random.key(2), [16, 8]);
  const q = await quantize(net, { calibrate: samples });
  const text = new TextDecoder('latin1').decode(toOnnx(q));
  for (const operator of ['QuantizeLinear', 'DequantizeLinear', 'MatMul', 'Add', 'Clip', '@x/quant']) expect(text).toContain(operator);
  expect(() => toOnnx(net as never)).toThrow(/must be what quantize/);
  expect(() => toOnnx(q, { inputShape: [0] })).toThrow(/inputShape\[0\] is 0/);
  const odd = await quantize(sequential([dense(8, 4, { key: random.key(1) }), { ...net, kind: 'wave' }]), {
    scheme: 'int4',
    unsupported: 'float',
  });
  expect(() => toOnnx(odd)).toThrow(/layer 1 \(wave\) can't be written/);
  for (const own of [q, odd, net, samples]) own.dispose();
});
