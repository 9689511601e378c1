import * as tf from '@tensorflow/tfjs-core';
import {
  accuracy,
  adam,
  attention,
  averagePool2d,
  conv2d,
  dense,
  depthwiseConv2d,
  dropout,
  embeddingLayer,
  evaluate,
  fit,
  flatten,
  globalAveragePool,
  groupNormLayer,
  layerNormLayer,
  maxPool2d,
  positionalEmbedding,
  random,
  residual,
  rmsNormLayer,
  sequential,
  softmaxCrossEntropy,
  transformerBlock,
  type Layer,
  type SequentialLayer,
} from '@x/tensor';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { formats, mixedPrecision } from '../src/index.ts';
import { activationScales, scaled, unitAdd, unitLinear, unitMatMul, unitScaled, unitSoftmaxCrossEntropy } from '../src/unit-scaling.ts';
import { backends, useBackend } from './backends.ts';

const key = random.key(1);
const keys = random.split(random.key(2), 8);

function size(values: ArrayLike<number>): number {
  return Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0) / values.length);
}

interface Sizes {
  readonly values: Record<string, number>;
  readonly gradients: Record<string, number>;
  readonly weights: Record<string, number>;
}

/** Sizes of each layer's output, of the gradient of it, and of the gradient of each variable. */
function sizesOf(net: Layer, x: tf.Tensor, loss: (y: tf.Tensor) => tf.Tensor): Sizes {
  const found: Sizes = { values: {}, gradients: {}, weights: {} };
  const watch = (layer: Layer, name: string): void => {
    for (const [part, own] of layer.kind === 'sequential' ? (layer as SequentialLayer).layers.entries() : Object.entries(layer.parts ?? {}))
      watch(own, name === '' ? String(part) : `${name}.${part}`);
    if (layer.kind === 'sequential') return;
    const { apply } = layer;
    (layer as { apply: Layer['apply'] }).apply = (input, context) =>
      tf.customGrad((y) => {
        found.values[name] = size((y as tf.Tensor).dataSync());
        return {
          value: tf.clone(y as tf.Tensor),
          gradFunc: (dy: tf.Tensor) => {
            found.gradients[name] = size(dy.dataSync());
            return tf.clone(dy);
          },
        };
      })(apply(input, context));
  };
  watch(net, '');
  tf.tidy(() => {
    const { grads } = tf.variableGrads(() => loss(net.apply(x, { training: true, key })) as tf.Scalar, Object.values(net.variables));
    for (const [name, { name: id }] of Object.entries(net.variables)) found.weights[name] = size(grads[id]!.dataSync());
  });
  return found;
}

describe.each(backends)('unit scaling on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  test('a linear map, a product, a sum and all activations keep unit size, forward and backward', () => {
    tf.tidy(() => {
      const [x, w, dy] = [random.normal(keys[0]!, [96, 64]), random.normal(keys[1]!, [64, 256]), random.normal(keys[2]!, [96, 256])];
      const [dx, dw] = tf.grads((a, b) => unitLinear(a!, b!, undefined, { constraint: 'none' }))([x, w], dy);
      for (const own of [unitLinear(x, w, undefined, { constraint: 'none' }), dx!, dw!])
        expect(Math.abs(size(own.dataSync()) - 1)).toBeLessThan(0.03);
      // Tied, what is gained forward is lost backward.
      const [tied] = tf.grads((a, b) => unitLinear(a!, b!))([x, w], dy);
      expect(size(unitLinear(x, w).dataSync()) * size(tied!.dataSync())).toBeCloseTo(1, 1);
      expect(size(unitLinear(x, w).dataSync())).toBeCloseTo((64 / 256) ** 0.25, 1);
      const [da, db] = tf.grads((a, b) => unitMatMul(a!, b!, { constraint: 'none' }))([x, w], dy);
      for (const own of [unitMatMul(x, w, { constraint: 'none' }), da!, db!]) expect(Math.abs(size(own.dataSync()) - 1)).toBeLessThan(0.03);
      expect(size(unitAdd(x, random.normal(keys[3]!, x.shape)).dataSync())).toBeCloseTo(1, 1);
    });
    expect(activationScales('relu').forward).toBeCloseTo(Math.SQRT2, 3);
    expect(activationScales('relu').backward).toBeCloseTo(Math.SQRT2, 3);
    // The paper's constants are 1 over standard deviations: of GELU 0.588, and of its gradient 0.675 with the mean, 0.5.
    const gelu = activationScales('gelu');
    expect(1 / gelu.forward ** 2).toBeCloseTo(0.588 ** 2 + 0.2821 ** 2, 2);
    expect(1 / gelu.backward).toBeCloseTo(0.675, 2);
  });

  test.each<[string, () => Layer, () => tf.Tensor, number, number]>([
    [
      'an MLP',
      () =>
        sequential([
          dense(64, 256, { activation: 'relu', key }),
          dense(256, 32, { activation: 'gelu', key }),
          dropout(0.2),
          dense(32, 96, { activation: 'tanh', key }),
          dense(96, 10, { key }),
        ]),
      () => random.normal(keys[3]!, [256, 64]),
      10,
      0.2,
    ],
    [
      'a CNN',
      () =>
        sequential([
          conv2d(4, 16, 3, { activation: 'relu', key }),
          depthwiseConv2d(16, 3, { padding: 'same', key }),
          groupNormLayer(16, { groups: 4 }),
          conv2d(16, 32, 3, { strides: 2, activation: 'silu', key }),
          averagePool2d(2, { strides: 1 }),
          flatten(),
          dense(32 * 25, 10, { key }),
        ]),
      () => random.normal(keys[4]!, [32, 15, 15, 4]),
      10,
      0.5,
    ],
    [
      'a transformer',
      () =>
        sequential([
          embeddingLayer(32, 32, { key }),
          positionalEmbedding(16, 32, { key }),
          transformerBlock(32, { heads: 4, causal: true, hidden: 96, key }),
          residual([rmsNormLayer(32), attention(32, { heads: 2, key }), dense(32, 32, { activation: 'relu', key })], {
            shortcut: dense(32, 32, { key }),
          }),
          layerNormLayer(32),
          dense(32, 32, { key }),
        ]),
      () =>
        tf.tensor2d(
          Array.from(random.bits(keys[5]!, 512), (draw) => draw % 32),
          [32, 16],
          'int32',
        ),
      32,
      0.5,
    ],
  ])('%s: values, gradients and weights’ gradients begin at unit size', async (_, make, input, classes, far) => {
    const plain = make();
    const x = input();
    await expectNoLeak(() => {
      const net = unitScaled(plain, { key: keys[6]! });
      expect(Object.entries(net.variables).map(([name, { shape }]) => [name, shape])).toEqual(
        Object.entries(plain.variables).map(([name, { shape }]) => [name, shape]),
      );
      const rows = net.outputShape(x.shape).slice(0, -1) as number[];
      const labels = tf.tidy(() =>
        tf.tensor(
          Array.from(
            random.bits(
              keys[7]!,
              rows.reduce((a, b) => a * b, 1),
            ),
            (draw) => draw % classes,
          ),
          rows,
          'int32',
        ),
      );
      const { values, gradients, weights } = sizesOf(net, x, (y) => unitSoftmaxCrossEntropy(y, labels));
      const near = (sizes: Record<string, number>, least: number, most: number): void => {
        for (const [name, own] of Object.entries(sizes)) {
          expect(own, name).toBeGreaterThan(least);
          expect(own, name).toBeLessThan(most);
        }
      };
      near(values, 1 - far, 1 + far);
      // What queries and keys are matters less at first than what values are.
      near(gradients, (1 - far) * 0.7, 1 + 1.5 * far);
      // Gradients of places of an image, or of a sequence, are alike, so that their sum is larger than that of so many different ones;
      // and so are those of gains, which all would have smaller of logits that say nothing yet.
      near(weights, (1 - far) / 2, 5);
      labels.dispose();
      net.dispose();
    });
    plain.dispose();
    x.dispose();
  });

  test('gradients are constants times those of what is computed', () => {
    const [a, b] = [0.1, 0.9].map(Math.sqrt) as [number, number];
    const net = unitScaled(
      sequential([
        dense(8, 12, { activation: 'relu', key }),
        residual([layerNormLayer(12), dense(12, 30, { activation: 'gelu', key }), dense(30, 12, { key })]),
        dense(12, 3, { key }),
      ]),
      { key: keys[0]! },
    );
    const x = random.normal(keys[1]!, [16, 8]);
    const labels = tf.tensor1d(
      Array.from({ length: 16 }, (_, i) => i % 3),
      'int32',
    );
    tf.tidy(() => {
      const v = net.variables;
      const gelu = activationScales('gelu').forward;
      const plain = (): tf.Tensor => {
        const map = (input: tf.Tensor, name: string): tf.Tensor =>
          tf.add(tf.div(tf.matMul(input, v[`${name}.weight`]!), Math.sqrt(v[`${name}.weight`]!.shape[0]!)), v[`${name}.bias`]!);
        const first = tf.mul(tf.relu(map(x, '0')), Math.SQRT2);
        const centered = tf.sub(first, tf.mean(first, -1, true));
        const normal = tf.div(centered, tf.sqrt(tf.add(tf.mean(tf.square(centered), -1, true), 1e-5)));
        const inner = map(tf.add(tf.mul(normal, v['1.inner.0.gamma']!), v['1.inner.0.beta']!), '1.inner.1');
        const active = tf.mul(tf.mul(inner, tf.mul(0.5, tf.add(1, tf.erf(tf.div(inner, Math.SQRT2))))), gelu);
        return map(tf.add(tf.mul(first, b), tf.mul(map(active, '1.inner.2'), a)), '2');
      };
      expect(net.apply(x).dataSync()).toBeAllclose(plain().dataSync(), { rtol: 2e-4, atol: 2e-4 });
      const variables = Object.values(v);
      const gradientsOf = (y: () => tf.Tensor, loss: typeof softmaxCrossEntropy): tf.NamedTensorMap =>
        tf.variableGrads(() => loss(y(), labels) as tf.Scalar, variables).grads;
      const exact = gradientsOf(plain, softmaxCrossEntropy);
      const own = gradientsOf(() => net.apply(x), unitSoftmaxCrossEntropy);
      for (const [name, { name: id }] of Object.entries(v)) {
        const [g, h] = [exact[id]!.dataSync(), own[id]!.dataSync()];
        const constant = size(h) / size(g);
        expect(constant, name).toBeGreaterThan(1);
        expect(h, name).toBeAllclose(
          g.map((value) => value * constant),
          { rtol: 1e-3, atol: 1e-3 * size(h) },
        );
      }
    });
    net.dispose();
    tf.dispose([x, labels]);
  });
});

describe('in 8-bit floats, without loss scaling', () => {
  beforeAll(() => useBackend('x'));

  test('a unit-scaled network learns what it learns in float32, and a plain one learns nothing', async () => {
    const architecture = (): SequentialLayer => sequential([dense(16, 32, { activation: 'relu', key }), dense(32, 4, { key: keys[0]! })]);
    // Classes are the largest of four products with fixed directions.
    const [x, directions] = [random.normal(keys[2]!, [1100, 16]), random.normal(keys[3]!, [16, 4])];
    const y = tf.tidy(() => tf.argMax(tf.matMul(x, directions), 1));
    const trained = async (net: Layer, learningRate: number, loss: typeof softmaxCrossEntropy): Promise<number> => {
      for await (const event of fit(net, { x, y }, { optimizer: adam({ learningRate }), loss, epochs: 40, batchSize: 1100 })) void event;
      const { metrics } = await evaluate(net, { x, y }, { metrics: { accuracy } });
      net.dispose();
      return metrics['accuracy']!;
    };
    // The least number of e4m3fn is 2^-9: gradients of a mean over 1,100 examples all vanish.
    const eight = { format: formats.e4m3fn, lossScale: 1 };
    const float = await trained(architecture(), 0.01, softmaxCrossEntropy);
    const unit = await trained(mixedPrecision(unitScaled(architecture(), { key: keys[4]! }), eight), 0.05, unitSoftmaxCrossEntropy);
    const plain = await trained(mixedPrecision(architecture(), eight), 0.01, softmaxCrossEntropy);
    expect(float).toBeGreaterThan(0.9);
    expect(unit).toBeGreaterThan(float - 0.04);
    expect(plain).toBeLessThan(0.5);
    tf.dispose([x, directions, y]);
  });

  test('transformers and convolutions go through simulated formats too, by layer', () => {
    const net = unitScaled(
      sequential([embeddingLayer(7, 8, { key }), transformerBlock(8, { heads: 2, key }), layerNormLayer(8), dense(8, 7, { key })]),
      { key },
    );
    const small = mixedPrecision(net, { format: formats.e4m3fn, gradients: formats.e5m2, lossScale: 1 });
    const x = tf.tensor2d([1, 2, 3, 4, 5, 6, 0, 1], [2, 4], 'int32');
    tf.tidy(() => {
      const { grads } = tf.variableGrads(() => unitSoftmaxCrossEntropy(small.apply(x), x) as tf.Scalar, Object.values(net.variables));
      for (const gradient of Object.values(grads)) expect(size(gradient.dataSync())).toBeGreaterThan(0);
    });
    const report = small.report();
    expect(report.map(({ name }) => name)).toEqual([
      ...['0', '1.0.inner.0', '1.0.inner.1.qkv', '1.0.inner.1.out', '1.1.inner.0', '1.1.inner.1', '1.1.inner.2', '2', '3'],
    ]);
    for (const { name, gradients } of report) expect(gradients.underflowed / gradients.values, name).toBeLessThan(0.01);
    x.dispose();
    small.dispose();
    const images = unitScaled(sequential([conv2d(1, 2, 3, { key }), maxPool2d(2), globalAveragePool(), dense(2, 2, { key })]), { key });
    const half = mixedPrecision(images);
    expect(tf.tidy(() => half.apply(tf.zeros([1, 8, 8, 1])).shape)).toEqual([1, 2]);
    half.dispose();
  });

  test('bad input is refused before anything is made', async () => {
    const wave = { ...flatten(), kind: 'wave' };
    await expectNoLeak(() => {
      const net = sequential([dense(2, 2, { key }), sequential([wave])]);
      expect(() => unitScaled(net, { key })).toThrow(/layer 1.0 \(wave\) can't be unit-scaled/);
      expect(() => unitScaled(net, {} as never)).toThrow(/options is an object with no fields, but must be an object with key/);
      expect(() => unitScaled(3 as never, { key })).toThrow(/net is 3/);
      expect(() => unitScaled(flatten(), { key, tau: 1 })).toThrow(/tau is 1/);
      net.dispose();
    });
    const branch = residual([globalAveragePool()]);
    expect(() => unitScaled(branch, { key })).toThrow(/layer inner.0 \(globalAveragePool within a residual connection\)/);
    const memory = attention(4, { memory: 2, key });
    expect(() => unitScaled(memory, { key })).toThrow(/attention with a memory/);
    expect(() => unitLinear(tf.zeros([1, 2]), tf.zeros([2, 2]), undefined, { constraint: 'max' as never })).toThrow(/constraint is "max"/);
    expect(() => scaled(tf.zeros([1]), { backward: NaN })).toThrow(/backward is NaN/);
    expect(() => unitAdd(tf.zeros([1]), tf.zeros([2]))).toThrow(/b is float32\[2\]/);
    expect(() => mixedPrecision(branch, { gradients: { ...formats.float16, mantissaBits: 30 } })).toThrow(/gradients is/);
    memory.dispose();
  });
});
