import * as tf from '@tensorflow/tfjs-core';
import {
  activationLayer,
  adam,
  attention,
  batchNormLayer,
  conv2d,
  dense,
  depthwiseConv2d,
  dropout,
  flatten,
  globalAveragePool,
  layerNormLayer,
  maxPool2d,
  random,
  residual,
  sequential,
  type Layer,
} from '@x/tensor';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { convert, fakeQuant, type FakeQuantNetwork } from '../src/index.ts';
import { backends, useBackend } from './backends.ts';

const values = (net: Pick<Layer, 'apply'>, x: tf.Tensor): Float32Array => tf.tidy(() => net.apply(x).dataSync() as Float32Array);

function sqnr(expected: Float32Array, actual: Float32Array): number {
  const noise = expected.reduce((sum, y, i) => sum + (y - actual[i]!) ** 2, 0);
  return 10 * Math.log10(expected.reduce((sum, y) => sum + y * y, 0) / noise);
}

/** Some steps towards a target; the losses. */
function train(net: FakeQuantNetwork, x: tf.Tensor, y: tf.Tensor, steps: number): number[] {
  const optimizer = adam({ learningRate: 0.003 });
  const trainable = Object.fromEntries(Object.entries(net.variables).filter(([, { trainable: is }]) => is));
  const state = optimizer.init(trainable);
  const names = Object.keys(trainable);
  const losses = Array.from({ length: steps }, (_, step) =>
    tf.tidy(() => {
      const loss = (): tf.Scalar => tf.mean(tf.squaredDifference(net.apply(x, { training: true, key: random.key(step) }), y));
      const { value, grads } = tf.variableGrads(loss, Object.values(trainable));
      optimizer.update(trainable, Object.fromEntries(names.map((name) => [name, grads[trainable[name]!.name]!])), state);
      return value.dataSync()[0]!;
    }),
  );
  tf.dispose(Object.values(state.slots).flatMap((slot) => Object.values(slot)));
  return losses;
}

function convolutional(): Layer {
  const [a, b, c, d] = random.split(random.key(1), 4);
  return sequential([
    conv2d(2, 8, 3, { key: a, bias: false }),
    batchNormLayer(8),
    activationLayer('relu'),
    maxPool2d(2),
    depthwiseConv2d(8, 3, { key: b, padding: 'same', multiplier: 2, activation: 'relu' }),
    residual([conv2d(16, 16, 1, { key: c }), dropout(0.1)]),
    globalAveragePool(),
    dense(16, 3, { key: d }),
  ]);
}

function attentive(): Layer {
  const [a, b] = random.split(random.key(2), 2);
  return sequential([residual([layerNormLayer(8), attention(8, { heads: 2, key: a })]), flatten(), dense(40, 3, { key: b })]);
}

describe.each(backends)('networks trained for few bits on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  test.each([
    ['convolutions, depthwise filters and a residual connection', convolutional, [32, 10, 10, 2], { weights: 8 }, 20],
    ['the same with weights of 4 bits', convolutional, [32, 10, 10, 2], { weights: 4 }, 20],
    ['the same by extremes', convolutional, [32, 10, 10, 2], { weights: 8, steps: 'extremes', averaging: 0.2 }, 40],
    ['attention', attentive, [32, 5, 8], { weights: 6 }, 20],
  ] as const)('%s: they learn, and the integers compute what was trained', async (_, make, shape, options, least) => {
    const net = make();
    const x = random.normal(random.key(3), [...shape]);
    const y = tf.tidy(() => tf.tanh(tf.slice2d(tf.reshape(x, [32, -1]), [0, 0], [32, 3])));
    await expectNoLeak(async () => {
      const trained = fakeQuant(net, options);
      const losses = train(trained, x, y, 30);
      expect(losses.at(-1)).toBeLessThan(0.9 * losses[0]!);
      const q = await convert(trained, { samples: x });
      // What is rounded between integer layers was rounded in training too: all that differs is a number halfway between two steps,
      // and learned steps are wide after so few training steps.
      expect(sqnr(values(trained, x), values(q, x))).toBeGreaterThan(least);
      expect(
        q
          .report()
          .layers.filter(({ scheme }) => scheme !== 'float')
          .map(({ name }) => name),
      ).toEqual([...trained.quantized.keys()]);
      q.dispose();
      for (const variable of Object.values(trained.variables)) if (!Object.values(net.variables).includes(variable)) variable.dispose();
    });
    tf.dispose([x, y]);
    net.dispose();
  });

  test('variables keep their places in the network', () => {
    const net = convolutional();
    const trained = fakeQuant(net);
    expect([...trained.quantized.keys()]).toEqual(['0', '4', '5.inner.0', '7']);
    expect(Object.keys(net.variables).filter((name) => !Object.hasOwn(trained.variables, name))).toEqual([]);
    expect(trained.variables['5.inner.0.weight']).toBe(net.variables['5.inner.0.weight']);
    expect(trained.variables['4.weightStep']!.shape).toEqual([16]);
    trained.dispose();
  });
});
