import * as tf from '@tensorflow/tfjs-core';
import { disable, disposeState, random, sgd, trainable, trainStep } from '@x/tensor';
import { csrPattern, csrToDense, keepLargest } from '@x/tensor/sparse';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rigl, sparseLinear, withTopology, type LayerView, type Topology } from '../src/index.ts';
import { backends, useBackend } from './backends.ts';
import { BATCH, support } from './small-network.ts';

describe.each(backends)('RigL on %s', (backend) => {
  beforeAll(() => useBackend(backend));
  afterAll(disable);

  test('the gradient of absent links is that of the dense layer', async () => {
    const [x, y] = [random.normal(random.key(1), [BATCH, 20]), random.normal(random.key(2), [BATCH, 30])];
    const layer = sparseLinear(20, 30, { density: 0.2, activation: 'tanh', key: random.key(3) });
    const gradient = tf.tidy(() => {
      const weight = csrToDense(layer.variables.values, layer.pattern);
      return tf
        .grad((w) => tf.sum(tf.mul(tf.tanh(tf.matMul(x, w, false, true)), y)))(weight)
        .dataSync()
        .slice() as Float32Array;
    });
    let chosen: Float64Array | undefined;
    const peek: Topology = {
      name: 'peek',
      replacesStep: true,
      due: () => true,
      watches: () => true,
      plan: ([view]) => {
        chosen = (view as LayerView).largestGradients(new Uint8Array(layer.pattern.nonZeros).fill(1), 40);
        return [undefined];
      },
    };
    const optimizer = withTopology(layer, peek, sgd(), { key: random.key(0) });
    const state = optimizer.init(trainable(layer));
    trainStep(layer, { x, y }, { optimizer, state, loss: (output, target) => tf.sum(tf.mul(output, target)) }).dispose();
    const present = support(layer);
    const expected = [...gradient.keys()]
      .filter((position) => present[position] === 0)
      .sort((a, b) => Math.abs(gradient[b]!) - Math.abs(gradient[a]!))
      .slice(0, 40);
    expect([...chosen!]).toEqual(expected.sort((a, b) => a - b));
    layer.dispose();
    tf.dispose([x, y]);
  });

  test('RigL’s masks of its authors’ and JaxPruner’s tests', () => {
    const parameter = [-9, 1, 4, -1, 5, 8, -2, 3];
    const active = [1, 3, 5, 6];
    const pattern = csrPattern(1, 8, Int32Array.of(0, 4), Int32Array.from(active));
    const masks = {
      0: [0, 1, 0, 1, 0, 1, 1, 0],
      0.25: [1, 1, 0, 1, 0, 1, 0, 0],
      0.5: [1, 1, 0, 0, 1, 1, 0, 0],
      0.75: [1, 0, 1, 0, 1, 1, 0, 0],
      1: [1, 0, 1, 0, 1, 1, 0, 0],
    };
    for (const [fraction, expected] of Object.entries(masks)) {
      const topology = rigl({ every: 1, until: 10, fraction: Number(fraction), schedule: 'constant' });
      // The test drops by the raw scores, where RigL's are sizes: shifted up, their order is the same.
      const values = Float32Array.from(active, (position) => parameter[position]! + 20);
      const largestGradients = (keep: Uint8Array, count: number): Float64Array => {
        const kept = active.filter((_, q) => keep[q] === 1);
        const free = parameter
          .map((score, position) => ({ score: Math.abs(score), position }))
          .filter(({ position }) => !kept.includes(position));
        return Float64Array.from(free.sort((a, b) => b.score - a.score).slice(0, count), ({ position }) => position).sort();
      };
      const strongest = (count: number): Uint8Array => keepLargest(values, count, { by: 'magnitude' });
      const [plan] = topology.plan([{ pattern, values, strongest, room: 4, key: random.key(0), slots: {}, largestGradients }], 1);
      const mask = new Array<number>(8).fill(0);
      active.forEach((position, q) => (mask[position] = plan ? plan.keep[q]! : 1));
      plan?.grown.forEach((position) => (mask[position] = 1));
      expect(mask, fraction).toEqual(expected);
    }
    pattern.dispose();
  });

  test('RigL says when gradients are NaN, and changes nothing', () => {
    const layer = sparseLinear(20, 30, { density: 0.2, key: random.key(3) });
    const optimizer = withTopology(layer, rigl({ every: 1, until: 10 }), sgd({ momentum: 0.9 }), { key: random.key(0), step: 1 });
    const state = optimizer.init(trainable(layer));
    state.step = 1;
    const before = [layer.pattern, layer.variables.values.dataSync().slice()];
    const tensors = tf.memory().numTensors;
    const [x, y] = [tf.fill([2, 20], NaN), tf.tensor1d(Int32Array.of(0, 1), 'int32')];
    expect(() => trainStep(layer, { x, y }, { optimizer, state })).toThrow(/only 0 of .* links could grow, because gradients are NaN/);
    expect([layer.pattern, layer.variables.values.dataSync().slice()]).toEqual(before);
    expect(tf.memory().numTensors).toBe(tensors + 2);
    layer.dispose();
    disposeState(state);
    tf.dispose([x, y]);
  });
});
