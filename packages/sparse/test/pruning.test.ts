import * as tf from '@tensorflow/tfjs-core';
import { csrToDense, dense, disable, random, sequential, softmaxCrossEntropy } from '@x/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { prune, pruneByMagnitude, snip, sparseLayers, sparseLinear, synFlow, type SparseLinearLayer } from '../src/index.ts';
import { backends, useBackend } from './backends.ts';

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
});
