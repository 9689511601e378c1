import * as tf from '@tensorflow/tfjs-core';
import { adam, disable, disposeState, random, sgd, softmaxCrossEntropy, trainable, trainStep } from '@x/tensor';
import { csrToDense } from '@x/tensor/sparse';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { snfs, sparseLayers, sparseLinear, withTopology, type LayerView, type Topology } from '../src/index.ts';
import { backends, useBackend } from './backends.ts';
import { batch, network, support } from './small-network.ts';

describe.each(backends)('SNFS on %s', (backend) => {
  beforeAll(() => useBackend(backend));
  afterAll(disable);

  test('SNFS grows the largest momentum of absent links, and shares links out by the mean momentum of the present ones', () => {
    const net = network(0.3);
    const layers = sparseLayers(net).map(({ layer }) => layer);
    let plan: (LayerView | undefined)[] = [];
    const topology = snfs({ every: 6, fraction: 0.4, until: 100 });
    // As the layers were before the change.
    const spy: Topology = {
      ...topology,
      plan: (views, step) => topology.plan((plan = views.map((view) => ({ ...view }))) as LayerView[], step),
    };
    const optimizer = withTopology(net, spy, sgd({ learningRate: 0, momentum: 0.9 }), { key: random.key(1) });
    const state = optimizer.init(trainable(net));
    const patterns = layers.map((layer) => support(layer));
    // The learning rate is 0, so each step's gradient is that of the first weights.
    const momentum = layers.map(({ inputs, units }) => new Float64Array(inputs * units));
    for (let step = 0; step <= 6; step++) {
      const { x, y } = batch(step);
      const gradients = tf.tidy(() => {
        const [w1, w2] = layers.map((layer) => csrToDense(layer.variables.values, layer.pattern));
        return tf
          .grads((a: tf.Tensor, b: tf.Tensor) => {
            const hidden = tf.relu(tf.add(tf.matMul(x, a, false, true), layers[0]!.variables.bias!));
            const second = tf.tanh(tf.add(tf.matMul(hidden, b, false, true), layers[1]!.variables.bias!));
            return softmaxCrossEntropy(net.layers[2]!.apply(second), y);
          })([w1!, w2!])
          .map((gradient) => gradient.dataSync().slice());
      });
      momentum.forEach((own, layer) => own.forEach((value, i) => (own[i] = 0.9 * value + gradients[layer]![i]!)));
      trainStep(net, { x, y }, { optimizer, state }).dispose();
      tf.dispose([x, y]);
    }
    const grown = layers.map((layer, index) =>
      [...support(layer).keys()].filter((i) => support(layer)[i] === 1 && patterns[index]![i] === 0),
    );
    const means = plan.map((view) => view!.slots['momentum']!.reduce((sum, value) => sum + Math.abs(value), 0) / view!.values.length);
    const moved = grown.reduce((sum, { length }) => sum + length, 0);
    expect(moved).toBeGreaterThan(40);
    grown.forEach((positions, index) => {
      const layer = layers[index]!;
      const least = Math.min(...positions.map((i) => Math.abs(momentum[index]![i]!)));
      const passed = [...momentum[index]!.keys()].filter((i) => support(layer)[i] === 0 && patterns[index]![i] === 0);
      expect(Math.max(...passed.map((i) => Math.abs(momentum[index]![i]!)))).toBeLessThanOrEqual(least * (1 + 1e-4));
    });
    // Links that went and came back are none that grew, so the shares are told by the counts.
    const counts = layers.map(({ pattern }) => pattern.nonZeros);
    const drops = plan.map((view) => Math.floor((0.005 + 0.395 * 0.5 * (1 + Math.cos((Math.PI * 6) / 100))) * view!.values.length));
    const freed = drops.reduce((sum, count) => sum + count, 0);
    counts.forEach((count, index) => {
      const share = count - (plan[index]!.values.length - drops[index]!);
      expect(Math.abs(share - (freed * means[index]!) / (means[0]! + means[1]!))).toBeLessThanOrEqual(1);
    });
    disposeState(state);
    net.dispose();
  });

  test('SNFS names the slot that an optimizer lacks', () => {
    const layer = sparseLinear(20, 30, { density: 0.2, key: random.key(3) });
    const optimizer = withTopology(layer, snfs({ every: 1, until: 10 }), adam(), { key: random.key(0), step: 1 });
    const state = optimizer.init(trainable(layer));
    state.step = 1;
    const [x, y] = [tf.zeros([2, 20]), tf.tensor1d(Int32Array.of(0, 1), 'int32')];
    expect(() => trainStep(layer, { x, y }, { optimizer, state })).toThrow(/no slot "momentum", but mean, square/);
    layer.dispose();
    disposeState(state);
    tf.dispose([x, y]);
  });
});
