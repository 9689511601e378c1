import * as tf from '@tensorflow/tfjs-core';
import {
  activationLayer,
  batchNormLayer,
  conv2d,
  dense,
  globalAveragePool,
  maxPool2d,
  random,
  residual,
  sequential,
  type Layer,
} from '@x/tensor';
import { dequantizeTensor, int8Add, quantizeTensor, type QuantizedTensor } from '@x/tensor/quant';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { quantize, type QuantizedNetwork } from '../src/index.ts';
import { runNetworkStep, type NetworkCompositeStep } from '../src/network/quantized-step.ts';
import { backends, useBackend } from './backends.ts';

/** Two blocks as of a ResNet, the second with another number of channels. */
function resnet(): Layer {
  const keys = random.split(random.key(6), 8);
  const normalized = (from: number, to: number, at: number): Layer[] => [
    conv2d(from, to, 3, { padding: 'same', bias: false, key: keys[at]! }),
    batchNormLayer(to),
  ];
  return sequential([
    conv2d(3, 8, 3, { padding: 'same', activation: 'relu', key: keys[0]! }),
    residual([...normalized(8, 8, 1), activationLayer('relu'), ...normalized(8, 8, 2)]),
    activationLayer('relu'),
    residual([...normalized(8, 12, 3), activationLayer('relu6'), ...normalized(12, 12, 4)], {
      shortcut: conv2d(8, 12, 1, { key: keys[5]! }),
    }),
    activationLayer('relu6'),
    maxPool2d(2),
    residual([conv2d(12, 12, 1, { activation: 'silu', key: keys[6]! })]),
    globalAveragePool(),
    dense(12, 5, { key: keys[7]! }),
  ]);
}

const containers = (q: QuantizedNetwork): NetworkCompositeStep[] => q.steps.filter((step) => step.kind === 'composite');

describe.each(backends)('residual connections in integers on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  test('stay in integers from the first layer to the last, close to float, and leak nothing', async () => {
    const net = resnet();
    const samples = random.normal(random.key(7), [16, 8, 8, 3]);
    for (let step = 0; step < 3; step++) net.apply(samples, { training: true }).dispose();
    await expectNoLeak(async () => {
      const q = await quantize(net, { calibrate: samples });
      expect(containers(q).map(({ integers }) => integers !== undefined)).toEqual([true, true, true]);
      expect(q.report().output!.sqnr).toBeGreaterThan(25);
      tf.tidy(() => {
        let value: tf.Tensor | QuantizedTensor = samples;
        for (const step of q.steps.slice(0, -1)) {
          value = runNetworkStep(step, value);
          expect(value).not.toBeInstanceOf(tf.Tensor);
        }
      });
      q.dispose();
    });
    for (const own of [net, samples]) own.dispose();
  });

  test('a sum is that of both sides’ integers, rounded once', async () => {
    const net = resnet();
    const samples = random.normal(random.key(7), [8, 8, 8, 3]);
    const q = await quantize(net, { calibrate: samples });
    tf.tidy(() => {
      const x = runNetworkStep(q.steps[0]!, samples) as QuantizedTensor;
      const { integers, parts } = containers(q)[0]!;
      const inner = parts['inner']!.reduce<tf.Tensor | QuantizedTensor>((value, step) => runNetworkStep(step, value), x) as QuantizedTensor;
      const sum = runNetworkStep(containers(q)[0]!, x) as QuantizedTensor;
      expect(sum.values()).toEqual(int8Add(x, inner, { output: integers!.output }).values());
      const exact = tf.add(dequantizeTensor(x), dequantizeTensor(inner)).dataSync();
      const { scale, zeroPoint } = integers!.output;
      const least = (-128 - zeroPoint) * scale;
      const most = (127 - zeroPoint) * scale;
      dequantizeTensor(sum)
        .dataSync()
        .forEach((value, at) => {
          const bounded = Math.min(Math.max(exact[at]!, least), most);
          expect(Math.abs(value - bounded)).toBeLessThanOrEqual(0.5001 * scale);
        });
      // What comes in float is quantized as it would have come.
      const float = runNetworkStep(containers(q)[0]!, dequantizeTensor(x)) as QuantizedTensor;
      expect(float.values()).toEqual(sum.values());
      expect(quantizeTensor(dequantizeTensor(x), integers!.input).values()).toEqual(x.values());
    });
    for (const own of [q, net, samples]) own.dispose();
  });

  test('without samples, or where floats come next, sums are of floats', async () => {
    const net = resnet();
    const samples = random.normal(random.key(7), [4, 8, 8, 3]);
    const dynamic = await quantize(net, { activations: 'dynamic' });
    expect(containers(dynamic).map(({ integers }) => integers)).toEqual([undefined, undefined, undefined]);
    const last = await quantize(net, { calibrate: samples, layers: { '8': 'float' } });
    expect(containers(last).map(({ integers }) => integers)).toEqual([undefined, undefined, undefined]);
    for (const own of [dynamic, last, net, samples]) own.dispose();
  });
});
