import * as tf from '@tensorflow/tfjs-core';
import {
  adam,
  dense,
  disable,
  disposeState,
  fit,
  random,
  sequential,
  sgd,
  softmaxCrossEntropy,
  trainable,
  trainStep,
  type Optimizer,
  type OptimizerState,
} from '@x/tensor';
import { csrPattern, csrToDense } from '@x/tensor/sparse';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  dsr,
  gradualPruning,
  importancePruning,
  oneShotPruning,
  rigl,
  set,
  snfs,
  sparseLayers,
  sparseLinear,
  straightThrough,
  topKast,
  trulySparse,
  withTopology,
  type LayerView,
  type SparseLinearLayer,
  type Topology,
} from '../src/index.ts';
import { backends, useBackend } from './backends.ts';

/** Every algorithm: steps at which it changes something among the first ten, and what count of non-zeros stays. */
const rows: readonly {
  name: string;
  make: () => Topology;
  at: readonly number[];
  constant: 'layer' | 'network' | false;
  start: number;
  zeroGrowth: boolean;
}[] = [
  { name: 'set, by sign', make: () => set({ every: 3, std: 0.1 }), at: [2, 5, 8], constant: 'layer', start: 0.3, zeroGrowth: false },
  {
    name: 'set, by magnitude',
    make: () => set({ every: 3, drop: 'magnitude', std: 0 }),
    at: [2, 5, 8],
    constant: 'layer',
    start: 0.3,
    zeroGrowth: true,
  },
  { name: 'set, until', make: () => set({ every: 3, until: 6, std: 0 }), at: [2, 5], constant: 'layer', start: 0.3, zeroGrowth: true },
  { name: 'rigl', make: () => rigl({ every: 3, until: 9 }), at: [3, 6], constant: 'layer', start: 0.3, zeroGrowth: true },
  {
    name: 'rigl, accumulated',
    make: () => rigl({ every: 3, until: 100, accumulate: 3, schedule: 'constant' }),
    at: [3, 6, 9],
    constant: 'layer',
    start: 0.3,
    zeroGrowth: true,
  },
  { name: 'snfs', make: () => snfs({ every: 3, until: 9 }), at: [3, 6], constant: 'network', start: 0.3, zeroGrowth: true },
  { name: 'dsr', make: () => dsr({ every: 3, fraction: 0.2, until: 8 }), at: [3, 6], constant: 'network', start: 0.3, zeroGrowth: true },
  { name: 'topKast', make: () => topKast({ forward: 0.5, every: 3 }), at: [2, 5, 8], constant: 'layer', start: 0.3, zeroGrowth: true },
  {
    name: 'topKast of stored weights',
    make: () => topKast({ forward: 0.3, backward: 0.5, renew: 0, every: 3, until: 6 }),
    at: [2, 5],
    constant: 'layer',
    start: 0.5,
    zeroGrowth: true,
  },
  {
    name: 'straightThrough',
    make: () => straightThrough({ density: 0.3, every: 2, until: 6 }),
    at: [1, 3, 5],
    constant: 'layer',
    start: 1,
    zeroGrowth: true,
  },
  { name: 'oneShotPruning', make: () => oneShotPruning({ at: 4, density: 0.2 }), at: [4], constant: false, start: 0.5, zeroGrowth: true },
  {
    name: 'importancePruning',
    make: () => importancePruning({ every: 3, begin: 2, until: 4, fraction: 0.25 }),
    at: [2],
    constant: false,
    start: 0.5,
    zeroGrowth: true,
  },
  {
    name: 'trulySparse',
    make: () => trulySparse({ stepsPerEpoch: 2, epochs: 4, importance: { every: 2, after: 1 } }),
    at: [1, 3, 5],
    constant: false,
    start: 0.3,
    zeroGrowth: false,
  },
  {
    name: 'gradual pruning',
    make: () => gradualPruning({ final: 0.9, begin: 2, end: 8, every: 2 }),
    at: [4, 6, 8],
    constant: false,
    start: 1,
    zeroGrowth: true,
  },
  {
    name: 'gradual pruning, global',
    make: () => gradualPruning({ final: 0.9, begin: 2, end: 8, every: 2, scope: 'global' }),
    at: [4, 6, 8],
    constant: false,
    start: 1,
    zeroGrowth: true,
  },
];

const BATCH = 24;

function network(density: number): ReturnType<typeof sequential> {
  const [a, b, c] = random.split(random.key(5), 3);
  return sequential([
    sparseLinear(20, 30, { density, room: Math.min(1, 2 * density), activation: 'relu', key: a }),
    sparseLinear(30, 25, { density, room: Math.min(1, 2 * density), activation: 'tanh', key: b }),
    dense(25, 4, { key: c }),
  ]);
}

function batch(seed: number): { x: tf.Tensor; y: tf.Tensor } {
  return {
    x: random.normal(random.key(seed), [BATCH, 20]),
    y: tf.tensor1d(
      Int32Array.from({ length: BATCH }, (_, i) => (i * 7 + seed) % 4),
      'int32',
    ),
  };
}

/** A sparse layer's weights, or a slot of theirs, as the dense matrix they stand for. */
function asDense(layer: SparseLinearLayer, values: tf.Tensor): Float32Array {
  return tf.tidy(() => csrToDense(values, layer.pattern).dataSync().slice() as Float32Array);
}

const support = (layer: SparseLinearLayer): Float32Array => tf.tidy(() => asDense(layer, tf.onesLike(layer.variables.values)));

async function run(
  optimizer: (inner: Optimizer) => (net: ReturnType<typeof network>) => Optimizer,
  start: number,
  each: (step: number, net: ReturnType<typeof network>, state: OptimizerState, update: () => void) => void,
): Promise<void> {
  const net = network(start);
  const own = optimizer(sgd({ learningRate: 0.1, momentum: 0.9 }))(net);
  const state = own.init(trainable(net));
  for (let step = 0; step < 10; step++) {
    const { x, y } = batch(step);
    each(step, net, state, () => trainStep(net, { x, y }, { optimizer: own, state }).dispose());
    tf.dispose([x, y]);
  }
  disposeState(state);
  net.dispose();
}

describe.each(backends)('topologies on %s', (backend) => {
  beforeAll(() => useBackend(backend));
  afterAll(disable);

  describe.each(rows)('$name', ({ make, at, constant, start, zeroGrowth }) => {
    test('changes at its steps only; survivors keep their momentum, new links start with none; nothing leaks', async () => {
      const before = tf.memory().numTensors;
      const changes: number[] = [];
      await run(
        (inner) => (net) => withTopology(net, make(), inner, { key: random.key(1) }),
        start,
        (step, net, state, update) => {
          const layers = sparseLayers(net);
          const old = layers.map(({ layer, name }) => ({
            support: support(layer),
            momentum: asDense(layer, state.slots['momentum']![name]!),
            nonZeros: layer.pattern.nonZeros,
            division: layer.division,
          }));
          update();
          const changed = layers.map(({ layer, name }, index) => {
            const now = support(layer);
            const momentum = asDense(layer, state.slots['momentum']![name]!);
            const values = asDense(layer, layer.variables.values);
            if (constant === 'layer') expect(layer.pattern.nonZeros).toBe(old[index]!.nonZeros);
            let grown = 0;
            now.forEach((is, position) => {
              if (is === 0) expect([values[position], momentum[position]]).toEqual([0, 0]);
              if (is === 1 && old[index]!.support[position] === 0) {
                grown++;
                expect(momentum[position]).toBe(0);
                if (zeroGrowth) expect(values[position]).toBe(0);
              }
              // RigL's change takes the place of the update, so there the momentum of survivors is what it was.
              if (is === 1 && old[index]!.support[position] === 1 && make().replacesStep && at.includes(step))
                expect(momentum[position]).toBe(old[index]!.momentum[position]);
            });
            // Room that is not used stays 0, and so do its slots.
            expect([...layer.variables.values.dataSync().slice(layer.pattern.nonZeros)].every((value) => value === 0)).toBe(true);
            expect([...state.slots['momentum']![name]!.dataSync().slice(layer.pattern.nonZeros)].every((value) => value === 0)).toBe(true);
            return grown > 0 || layer.pattern.nonZeros !== old[index]!.nonZeros || layer.division !== old[index]!.division;
          });
          const links = (of: readonly { nonZeros: number }[]): number => of.reduce((sum, { nonZeros }) => sum + nonZeros, 0);
          if (constant === 'network') expect(links(layers.map(({ layer }) => layer.pattern))).toBe(links(old));
          if (changed.includes(true)) changes.push(step);
        },
      );
      expect(changes).toEqual(at);
      expect(tf.memory().numTensors).toBe(before);
    });

    test('the same key gives the same run, bit by bit', async () => {
      const runs: Float32Array[][] = [];
      for (let i = 0; i < 2; i++) {
        await run(
          (inner) => (net) => withTopology(net, make(), inner, { key: random.key(1) }),
          start,
          (step, net, _state, update) => {
            update();
            if (step === 9) runs.push(sparseLayers(net).flatMap(({ layer }) => [asDense(layer, layer.variables.values), support(layer)]));
          },
        );
      }
      expect(runs[0]).toEqual(runs[1]);
    });
  });

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
      const [plan] = topology.plan([{ pattern, values, room: 4, key: random.key(0), slots: {}, largestGradients }], 1);
      const mask = new Array<number>(8).fill(0);
      active.forEach((position, q) => (mask[position] = plan ? plan.keep[q]! : 1));
      plan?.grown.forEach((position) => (mask[position] = 1));
      expect(mask, fraction).toEqual(expected);
    }
    pattern.dispose();
  });

  test('SNFS grows the largest momentum of absent links, and shares links out by the mean momentum of the present ones', () => {
    const net = network(0.3);
    const layers = sparseLayers(net).map(({ layer }) => layer);
    let plan: (LayerView | undefined)[] = [];
    const topology = snfs({ every: 6, fraction: 0.4, until: 100 });
    const spy: Topology = { ...topology, plan: (views, step) => topology.plan((plan = [...views]) as LayerView[], step) };
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

  test('importance pruning takes the links of the units with the least sums of |w|, by numpy’s percentile', () => {
    // Sums 1, 5, 2, 3, 4: the 25th percentile is 2, and what is at it goes.
    const pattern = csrPattern(5, 2, Int32Array.of(0, 1, 3, 4, 5, 6), Int32Array.of(0, 0, 1, 1, 0, 1));
    const values = Float32Array.of(-1, 2, -3, 2, 3, -4);
    const view = { pattern, values, room: 6, key: random.key(0), slots: {}, largestGradients: () => new Float64Array(0) };
    const [keep] = importancePruning({ every: 1, begin: 0, fraction: 0.25, keepLast: false }).plan([view], 0);
    expect([...keep!.keep]).toEqual([0, 1, 1, 0, 1, 1]);
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

  test('fit trains with it, and the state goes on where it was', async () => {
    const net = network(0.3);
    const { x, y } = batch(1);
    const optimizer = withTopology(net, rigl({ every: 5, until: 60 }), adam({ learningRate: 0.01 }), { key: random.key(1) });
    const losses: number[] = [];
    for await (const event of fit(net, { x, y }, { optimizer, epochs: 80, batchSize: BATCH }))
      if (event.type === 'epoch') losses.push(event.loss);
    expect(losses.at(-1)!).toBeLessThan(losses[0]! / 4);
    net.dispose();
    tf.dispose([x, y]);
  });

  test('wrong arguments are refused by name', () => {
    const net = network(0.3);
    const plain = sequential([dense(2, 2, { key: random.key(0) })]);
    expect(() => withTopology(plain, set({ every: 3 }), sgd(), { key: random.key(0) })).toThrow(/has no sparse layer/);
    expect(() => withTopology(net, set({ every: 3 }), sgd(), { key: random.key(0), layers: [plain] })).toThrow(
      /layers\[0\] is of kind 'sequential'.*0\.values, 1\.values/,
    );
    expect(() => withTopology(net, {} as never, sgd(), { key: random.key(0) })).toThrow(/topology is an object with no fields/);
    net.dispose();
    plain.dispose();
  });
});
