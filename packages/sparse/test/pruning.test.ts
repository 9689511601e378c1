import * as tf from '@tensorflow/tfjs-core';
import { dense, disable, random, sequential, softmaxCrossEntropy } from '@x/tensor';
import { csrToDense } from '@x/tensor/sparse';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  blockMask,
  edgeOfChaos,
  grasp,
  graspScores,
  inDegreeNormal,
  lotteryTickets,
  nmMask,
  prune,
  pruneByMagnitude,
  pruneToBlocks,
  pruneToNM,
  rescale,
  rewind,
  snip,
  sparseLayers,
  sparseLinear,
  synFlow,
  takeSnapshot,
  type SparseLinearLayer,
} from '../src/index.ts';
import { backends, useBackend } from './backends.ts';
import { golden, numbers } from './golden/golden.ts';

const make = (): ReturnType<typeof sequential> => {
  const [a, b, c] = random.split(random.key(3), 3);
  return sequential([
    sparseLinear(12, 16, { density: 1, activation: 'relu', key: a }),
    sparseLinear(16, 10, { density: 1, key: b }),
    dense(10, 3, { key: c }),
  ]);
};
const layersOf = (net: ReturnType<typeof sequential>): SparseLinearLayer[] => sparseLayers(net).map(({ layer }) => layer);
const weights = (net: ReturnType<typeof sequential>): tf.Tensor[] =>
  layersOf(net).map(({ variables, pattern }) => csrToDense(variables.values, pattern));

/** The `count` greatest of all scores together, 1 for each. */
function best(scores: readonly (readonly number[])[], count: number): number[][] {
  const order = scores.flatMap((own, layer) => own.map((score, at) => ({ score, layer, at }))).sort((a, b) => b.score - a.score);
  const masks = scores.map((own) => new Array<number>(own.length).fill(0));
  for (const { layer, at } of order.slice(0, count)) masks[layer]![at] = 1;
  return masks;
}

const masksOf = (net: ReturnType<typeof sequential>): number[][] =>
  tf.tidy(() => layersOf(net).map(({ variables, pattern }) => [...csrToDense(tf.onesLike(variables.values), pattern).dataSync()]));

describe.each(backends)('pruning on %s', (backend) => {
  beforeAll(() => useBackend(backend));
  afterAll(disable);

  test('snip keeps the largest |w dL/dw|, of all layers together or of each, as the dense network says', () => {
    const [x, y] = [
      random.normal(random.key(1), [20, 12]),
      tf.tensor1d(
        Int32Array.from({ length: 20 }, (_, i) => i % 3),
        'int32',
      ),
    ];
    for (const scope of ['global', 'layer'] as const) {
      const net = make();
      const before = tf.memory().numTensors;
      const scores = tf.tidy(() => {
        const [first, second] = weights(net) as [tf.Tensor, tf.Tensor];
        const last = net.layers[2]!;
        const loss = (w1: tf.Tensor, w2: tf.Tensor): tf.Scalar =>
          softmaxCrossEntropy(last.apply(tf.matMul(tf.relu(tf.matMul(x, w1, false, true)), w2, false, true)), y) as tf.Scalar;
        return tf
          .grads(loss)([first, second])
          .map((gradient, i) => [...tf.abs(tf.mul(gradient, [first, second][i]!)).dataSync()]);
      });
      snip(net, { x, y }, { density: 0.25, scope });
      expect(masksOf(net)).toEqual(scope === 'global' ? best(scores, 88) : scores.map((own) => best([own], own.length / 4)[0]));
      expect(tf.memory().numTensors).toBe(before);
      net.dispose();
    }
    tf.dispose([x, y]);
  });

  test('synFlow: one round is |w dR/dw| of the positive network; many rounds leave every layer connected; weights stay what they were', () => {
    const net = make();
    const kept = tf.tidy(() => weights(net).map((weight) => [...weight.dataSync()]));
    const scores = tf.tidy(() => {
      const [first, second] = weights(net).map((weight) => tf.abs(weight)) as [tf.Tensor, tf.Tensor];
      const flow = (w1: tf.Tensor, w2: tf.Tensor): tf.Scalar =>
        tf.sum(
          tf.matMul(tf.matMul(tf.matMul(tf.ones([1, 12]), w1, false, true), w2, false, true), tf.abs(net.layers[2]!.variables['weight']!)),
        ) as tf.Scalar;
      return tf
        .grads(flow)([first, second])
        .map((gradient, i) => [...tf.mul(gradient, [first, second][i]!).dataSync()]);
    });
    synFlow(net, { density: 0.3, inputShape: [12], rounds: 1 });
    const expected = best(scores, 352 - Math.floor(0.7 * 352));
    expect(masksOf(net)).toEqual(expected);
    const left = tf.tidy(() => weights(net).map((weight) => [...weight.dataSync()]));
    left.forEach((weight, layer) => weight.forEach((value, at) => expect(value).toBe(expected[layer]![at] ? kept[layer]![at] : 0)));
    net.dispose();

    const before = tf.memory().numTensors;
    const again = make();
    synFlow(again, { density: 0.03, inputShape: [12], rounds: 50 });
    const counts = layersOf(again).map(({ pattern }) => pattern.nonZeros);
    expect(counts[0]! + counts[1]!).toBe(352 - Math.floor(0.97 * 352));
    expect(Math.min(...counts)).toBeGreaterThan(0);
    again.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('pruneByMagnitude and prune: what is kept is the best; scores that don’t fit are refused', () => {
    const net = make();
    const scores = tf.tidy(() => weights(net).map((weight) => [...tf.abs(weight).dataSync()]));
    pruneByMagnitude(net, { density: 0.5 });
    expect(masksOf(net)).toEqual(best(scores, 176));
    expect(() => prune(net, [new Float32Array(3)], { density: 0.1 })).toThrow(/scores for \[3\] non-zeros, but the layers have/);
    expect(() => pruneByMagnitude(net, { density: -1 })).toThrow(/density is -1/);
    pruneByMagnitude(net, { density: 0, scope: 'layer' });
    expect(layersOf(net).map(({ pattern }) => pattern.nonZeros)).toEqual([0, 0]);
    net.dispose();
  });

  test('graspScores: PyTorch’s exact w · Hg, to 1e-3 of the largest; grasp keeps the highest', () => {
    const { sizes, batch, temperature, scores } = golden.grasp;
    const [inputs, hidden, classes] = sizes;
    const full = { density: 1, bias: false, key: random.key(0) };
    const net = sequential([
      sparseLinear(inputs, hidden, { ...full, activation: 'tanh', init: () => numbers(hidden * inputs, 1) }),
      sparseLinear(hidden, classes, { ...full, init: () => numbers(classes * hidden, 2) }),
    ]);
    const x = tf.tensor2d(numbers(batch * inputs, 3), [batch, inputs]);
    const y = tf.tensor1d(
      Int32Array.from({ length: batch }, (_, i) => i % classes),
      'int32',
    );
    const before = tf.memory().numTensors;
    const kept = Object.values(net.variables).map((variable) => variable.dataSync().slice());
    const largest = Math.max(...scores.flat().map(Math.abs));
    graspScores(net, { x, y }, { temperature }).forEach((own, layer) =>
      expect(own).toBeAllclose(scores[layer]!, { rtol: 0, atol: 1e-3 * largest }),
    );
    expect(Object.values(net.variables).map((variable) => variable.dataSync().slice())).toEqual(kept);
    grasp(net, { x, y }, { density: 0.5, temperature });
    const expected = best(
      scores.map((own) => [...own]),
      36,
    );
    const given = masksOf(net).flat();
    // Scores that lie closer than the difference's error may change places.
    expect(given.filter((flag, i) => flag !== expected.flat()[i]).length).toBeLessThanOrEqual(2);
    expect(given.filter((flag) => flag === 1).length).toBe(36);
    expect(tf.memory().numTensors).toBe(before);
    net.dispose();
    tf.dispose([x, y]);
  });

  test('pruneToNM and pruneToBlocks leave what the masks of the dense weights say', () => {
    const magnitudes = (net: ReturnType<typeof make>): Float32Array[] =>
      tf.tidy(() => weights(net).map((weight) => tf.abs(weight).dataSync().slice() as Float32Array));
    const nm = make();
    const expected = magnitudes(nm).map((scores) => [...nmMask(scores, 2, 4)]);
    pruneToNM(nm, 2, 4);
    expect(masksOf(nm)).toEqual(expected);
    pruneToNM(nm, 1, 2);
    expect(Math.max(...masksOf(nm).map((mask) => Math.max(...mask.map((flag, i) => flag + mask[i ^ 1]!))))).toBe(1);
    expect(() => pruneToNM(nm, 2, 5)).toThrow(/'0.values' has 12 inputs, but they must be a multiple of m, 5/);
    nm.dispose();
    for (const pool of ['avg', 'max'] as const) {
      const net = make();
      const shapes = layersOf(net).map(({ units, inputs }) => [units, inputs] as const);
      const masks = magnitudes(net).map((scores, layer) => [...blockMask(scores, shapes[layer]!, 0.75, { block: [4, 5], pool })]);
      pruneToBlocks(net, { density: 0.25, block: [4, 5], pool });
      expect(masksOf(net)).toEqual(masks);
      expect(() => pruneToBlocks(net, { density: 0.25, block: [0, 5] })).toThrow(/block is \[0, 5\]/);
      net.dispose();
    }
  });

  test('rescale brings each layer’s mean sum of squares back to the variance', () => {
    const net = make();
    pruneByMagnitude(net, { density: 0.2, scope: 'layer' });
    const before = tf.memory().numTensors;
    rescale(net);
    for (const { variables, units } of layersOf(net)) {
      const power = (variables.values.dataSync() as Float32Array).reduce((sum, value) => sum + value * value, 0);
      expect(power / units).toBeCloseTo(2, 5);
    }
    expect(tf.memory().numTensors).toBe(before);
    expect(() => rescale(net, { variance: 0 })).toThrow(/variance is 0/);
    net.dispose();
  });

  test('lotteryTickets: each round the weakest go, those left and all other variables are what they were at first', async () => {
    const net = make();
    const before = tf.memory().numTensors;
    const first = takeSnapshot(net);
    const [w1, w2] = tf.tidy(() => weights(net).map((weight) => [...weight.dataSync()]));
    const densities: number[] = [];
    // Training that turns the order of magnitudes around: what was near 0 is far from it.
    const train = (): Promise<void> => {
      for (const variable of Object.values(net.variables)) tf.tidy(() => variable.assign(tf.sub(1, tf.abs(variable))));
      return Promise.resolve();
    };
    for await (const { round, density } of lotteryTickets(net, train, { rounds: 3, fraction: 0.25, lastFraction: 0.1 })) {
      densities.push(density);
      expect(round).toBe(densities.length);
      const masks = masksOf(net);
      const now = tf.tidy(() => weights(net).map((weight) => [...weight.dataSync()]));
      now.forEach((weight, layer) => weight.forEach((value, at) => expect(value).toBe(masks[layer]![at] === 1 ? [w1, w2][layer]![at] : 0)));
      expect([...net.variables['2.weight']!.dataSync()]).toEqual([...first.variables['2.weight']!]);
    }
    expect(layersOf(net).map(({ pattern }) => pattern.nonZeros)).toEqual([192 - 48 - 36 - 27, 160 - 16 - 14 - 13]);
    expect(densities.at(-1)).toBe((81 + 117) / 352);
    expect(tf.memory().numTensors).toBe(before);
    const other = sequential([sparseLinear(3, 2, { density: 1, key: random.key(0) })]);
    expect(() => rewind(other, first)).toThrow(/snapshot is of 2 sparse layers of 16, 10 units, but the network has 2/);
    expect(() => lotteryTickets(net, train, { rounds: 0 })).toThrow(/rounds is 0/);
    other.dispose();
    net.dispose();
  });
});

test('edgeOfChaos: known variances; of tanh with biases those that numpy’s integrals give; and signals keep their size there', () => {
  expect([edgeOfChaos('relu'), edgeOfChaos('linear'), edgeOfChaos('tanh')]).toEqual([2, 1, 1]);
  expect(edgeOfChaos('leakyRelu', { slope: 0.5 })).toBe(2 / 1.25);
  const deviations = [0.05, 0.2, 0.3, 0.5].map((bias) => Math.sqrt(edgeOfChaos('tanh', { biasVariance: bias ** 2 })));
  // By numpy: bisection on 40,001 points.
  expect(deviations).toBeAllclose([1.1225390047688888, 1.3041458400557142, 1.3955839751540493, 1.54967391250722], { rtol: 1e-9 });
  expect(() => edgeOfChaos('relu', { biasVariance: 0.1 })).toThrow(/biasVariance is 0.1, .* 'relu' has no edge of chaos/);
  expect(() => edgeOfChaos('gelu')).toThrow(/activation is "gelu"/);
});

test('on the edge a deep sparse network’s outputs neither die nor grow', async () => {
  await useBackend('cpu');
  const [forNet, forInput] = random.split(random.key(8), 2);
  const layers = Array.from({ length: 12 }, (_, layer) =>
    sparseLinear(200, 200, {
      density: 0.1,
      activation: 'relu',
      key: random.fold(forNet, layer),
      init: inDegreeNormal({ gain: edgeOfChaos('relu') }),
    }),
  );
  tf.tidy(() => {
    const x = random.normal(forInput, [64, 200]);
    const output = layers.reduce((values, layer) => layer.apply(values), x as tf.Tensor);
    // E[relu(z)²] = var(z) / 2 = E[x²]; 12 layers of 200 units of 20 inputs each leave it within a factor of 4.
    const power = tf.mean(tf.square(output)).dataSync()[0]!;
    expect(power).toBeGreaterThan(0.25);
    expect(power).toBeLessThan(4);
  });
  for (const layer of layers) layer.dispose();
});
