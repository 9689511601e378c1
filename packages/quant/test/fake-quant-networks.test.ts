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
import { QuantizedTensor, quantizeTensor } from '@x/tensor/quant';
import { convert, fakeQuant, type FakeQuantNetwork, type NetworkStep, type QuantizedNetwork } from '../src/index.ts';
import { floatsOf, runNetworkStep } from '../src/network/quantized-step.ts';
import { withParts } from '../src/network/run-step.ts';
import { backends, useBackend } from './backends.ts';

const values = (net: Pick<Layer, 'apply'>, x: tf.Tensor): Float32Array => tf.tidy(() => net.apply(x).dataSync() as Float32Array);

interface Given {
  /** Less their zero point. */
  readonly integers: Int32Array;
  /** By how much the layer before rounded its bias at most, which integers count in steps of input times weight. */
  readonly biasError: number;
}

/** The integers that each layer in integers gets. */
function integersIn(q: QuantizedNetwork, x: tf.Tensor): Map<string, Given> {
  const seen = new Map<string, Given>();
  let biasError = 0;
  const run = (steps: readonly NetworkStep[], start: tf.Tensor): tf.Tensor =>
    floatsOf(
      steps.reduce<tf.Tensor | QuantizedTensor>((value, step) => {
        if (step.kind === 'composite') return withParts(step.layer, step.parts, run).apply(floatsOf(value));
        if (step.kind === 'quantized' && typeof step.input !== 'string') {
          const integers = value instanceof QuantizedTensor ? value : quantizeTensor(value, step.input);
          seen.set(step.name, { integers: Int32Array.from(integers.values(), (integer) => integer - integers.zeroPoint), biasError });
          biasError = step.output ? 0.5 * step.input.scale * Math.max(...step.weight.scales) : 0;
        }
        return runNetworkStep(step, value);
      }, start),
    );
  tf.tidy(() => void run(q.steps, x));
  return seen;
}

/** How near to a half what is rounded must be, in steps, where the trained network and the integers may round apart: float32 errors. */
const TIE = 1e-3;

/**
 * The trained network's output where each layer gets the integers that `q` has there. Other integers than its own must be the neighbours
 * of a number halfway between both, give or take the error of a bias.
 */
function followed(trained: FakeQuantNetwork, given: ReadonlyMap<string, Given>, x: tf.Tensor): Float32Array {
  const layers = [...trained.quantized].map(([name, layer]) => {
    const { apply } = layer;
    (layer as { apply: Layer['apply'] }).apply = (input, context) => {
      const { scale, zeroPoint, least, most } = layer.input()!;
      const { integers: theirs, biasError } = given.get(name)!;
      input.dataSync().forEach((value, at) => {
        const exact = Math.min(Math.max(value / scale, least - zeroPoint), most - zeroPoint);
        expect(Math.abs(exact - theirs[at]!), `${name} at ${at}`).toBeLessThan(0.5 + TIE + biasError / scale);
      });
      return apply(
        tf.tensor(
          Float32Array.from(theirs, (integer) => integer * scale),
          input.shape,
        ),
        context,
      );
    };
    return { layer, apply };
  });
  try {
    return values(trained, x);
  } finally {
    for (const { layer, apply } of layers) (layer as { apply: Layer['apply'] }).apply = apply;
  }
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
    ['convolutions, depthwise filters and a residual connection', convolutional, [32, 10, 10, 2], { weights: 8 }],
    ['the same with weights of 4 bits', convolutional, [32, 10, 10, 2], { weights: 4 }],
    ['the same by extremes', convolutional, [32, 10, 10, 2], { weights: 8, steps: 'extremes', averaging: 0.2 }],
    ['attention', attentive, [32, 5, 8], { weights: 6 }],
  ] as const)('%s: they learn, and the integers compute what was trained', async (_, make, shape, options) => {
    const net = make();
    const x = random.normal(random.key(3), [...shape]);
    const y = tf.tidy(() => tf.tanh(tf.slice2d(tf.reshape(x, [32, -1]), [0, 0], [32, 3])));
    await expectNoLeak(async () => {
      const trained = fakeQuant(net, options);
      const losses = train(trained, x, y, 30);
      expect(losses.at(-1)).toBeLessThan(0.9 * losses[0]!);
      const q = await convert(trained, { samples: x });
      // What is rounded between integer layers was rounded in training too: all that differs is what lies halfway between two steps.
      const expected = followed(trained, integersIn(q, x), x);
      expect(values(q, x)).toBeAllclose(expected, { rtol: 1e-4, atol: 1e-4 * Math.max(...expected.map(Math.abs)) });
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
