import * as tf from '@tensorflow/tfjs-core';
import { disable, random, sequential, sgd, trainable, trainStep } from '@x/tensor';
import { csrToDense } from '@x/tensor/sparse';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { adjacency, edgeSoftmax, fromDense, graphAttention, graphConv, propagate, symmetricNormalized } from '../src/index.ts';
import { backends, useBackend } from './backends.ts';

const key = random.key(3);
const edges = [
  [0, 1],
  [2, 1],
  [0, 3],
  [4, 2],
] as const;
const NODES = 6;

describe.each(backends)('graphs on %s', (backend) => {
  beforeAll(() => useBackend(backend));
  afterAll(disable);

  test('adjacency has both directions and self-loops; normalized it is D^-1/2 A D^-1/2', () => {
    const graph = adjacency(NODES, edges);
    tf.tidy(() => {
      const dense = csrToDense(tf.tensor1d(graph.values), graph.pattern);
      expect(dense.arraySync()).toEqual([
        [1, 1, 0, 1, 0, 0],
        [1, 1, 1, 0, 0, 0],
        [0, 1, 1, 0, 1, 0],
        [1, 0, 0, 1, 0, 0],
        [0, 0, 1, 0, 1, 0],
        [0, 0, 0, 0, 0, 1],
      ]);
      const scale = tf.rsqrt(tf.sum(dense, 1, true));
      const expected = tf.mul(tf.mul(dense, scale), tf.transpose(scale));
      const normalized = symmetricNormalized(graph);
      expect(csrToDense(tf.tensor1d(normalized.values), normalized.pattern).dataSync()).toBeAllclose(expected.dataSync(), { rtol: 1e-6 });
    });
    const bare = adjacency(NODES, edges, { selfLoops: false });
    expect(bare.pattern.nonZeros).toBe(8);
    graph.pattern.dispose();
    bare.pattern.dispose();
    expect(() => adjacency(3, [[0, 3]])).toThrow(/edges\[0\] is \[0, 3\], but nodes go from 0 to 2/);
    expect(() => adjacency(3, [[1, 1]])).toThrow(/from node 1 to itself/);
    expect(() =>
      adjacency(3, [
        [0, 1],
        [1, 0],
      ]),
    ).toThrow(/edges\[1\] is \[1, 0\], which is there already/);
  });

  test('edgeSoftmax and its gradient are those of the dense masked softmax, also of large scores and empty rows', () => {
    const matrix = fromDense([3, 4], Float32Array.of(1, 2, 0, 1000, 0, 0, 0, 0, -500, 0, 3, 0));
    tf.tidy(() => {
      const scores = tf.tensor1d(matrix.values);
      const weight = tf.tensor1d([1, -2, 3, 4, 5]);
      const masked = (s: tf.Tensor): tf.Tensor => {
        const there = csrToDense(tf.onesLike(s), matrix.pattern);
        const shifted = tf.add(csrToDense(s, matrix.pattern), tf.mul(tf.sub(there, 1), 1e9));
        return tf.mul(tf.softmax(shifted), there);
      };
      expect(csrToDense(edgeSoftmax(scores, matrix.pattern), matrix.pattern).dataSync()).toBeAllclose(masked(scores).dataSync(), {
        rtol: 1e-6,
        atol: 1e-7,
      });
      const small = tf.tensor1d([0.5, -1, 2, 0.1, 0.2]);
      const given = tf.grad((s: tf.Tensor) => tf.sum(tf.mul(edgeSoftmax(s, matrix.pattern), weight)))(small);
      const expected = tf.grad((s: tf.Tensor) => tf.sum(tf.mul(masked(s), csrToDense(weight, matrix.pattern))))(small);
      expect(given.dataSync()).toBeAllclose(expected.dataSync(), { rtol: 1e-5, atol: 1e-6 });
    });
    expect(() => edgeSoftmax(tf.zeros([4]), matrix.pattern)).toThrow(/4 scores, but the pattern has 5/);
    matrix.pattern.dispose();
  });

  test('graphConv and its gradients are those of the dense product', () => {
    const graph = symmetricNormalized(adjacency(NODES, edges));
    const before = tf.memory().numTensors;
    const layer = graphConv(7, 5, { graph, activation: 'tanh', key });
    expect(layer.outputShape([NODES, 7])).toEqual([NODES, 5]);
    tf.tidy(() => {
      const x = random.normal(random.key(1), [NODES, 7]);
      const c = random.normal(random.key(2), [NODES, 5]);
      const { weight, bias } = layer.variables;
      const dense = csrToDense(tf.tensor1d(graph.values), graph.pattern);
      const expected = (input: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor =>
        tf.tanh(tf.add(tf.matMul(dense, tf.matMul(input, w)), b));
      expect(layer.apply(x).dataSync()).toBeAllclose(expected(x, weight, bias!).dataSync(), { rtol: 1e-5, atol: 1e-6 });
      const { grads } = tf.variableGrads(() => tf.sum(tf.mul(layer.apply(x), c)), [weight, bias!]);
      const [dx, dw, db] = tf.grads((input, w, b) => tf.sum(tf.mul(expected(input, w, b), c)))([x, weight, bias!]);
      expect(grads[weight.name]!.dataSync()).toBeAllclose(dw!.dataSync(), { rtol: 1e-5, atol: 1e-5 });
      expect(grads[bias!.name]!.dataSync()).toBeAllclose(db!.dataSync(), { rtol: 1e-5, atol: 1e-5 });
      expect(
        tf
          .grad((input: tf.Tensor) => tf.sum(tf.mul(layer.apply(input), c)))(x)
          .dataSync(),
      ).toBeAllclose(dx!.dataSync(), {
        rtol: 1e-5,
        atol: 1e-5,
      });
    });
    layer.dispose();
    layer.dispose();
    expect(tf.memory().numTensors).toBe(before);
    graph.pattern.dispose();
  });

  test.each(['concat', 'mean'] as const)('graphAttention, %s, and its gradients are those of dense masked attention', (combine) => {
    const graph = adjacency(NODES, edges);
    const before = tf.memory().numTensors;
    const [heads, units] = [3, 4];
    const width = combine === 'concat' ? heads * units : units;
    const layer = graphAttention(7, units, { graph, heads, combine, activation: 'elu', key });
    expect(layer.outputShape([null, 7])).toEqual([NODES, width]);
    tf.tidy(() => {
      const x = random.normal(random.key(1), [NODES, 7]);
      const c = random.normal(random.key(2), [NODES, width]);
      const { weight, to, from, bias } = layer.variables;
      const mask = csrToDense(tf.tensor1d(graph.values), graph.pattern);
      const expected = (w: tf.Tensor, a: tf.Tensor, b: tf.Tensor, offset: tf.Tensor): tf.Tensor => {
        const parts = Array.from({ length: heads }, (_, head) => {
          const h = tf.slice(tf.matMul(x, w), [0, head * units], [-1, units]);
          const left = tf.matMul(h, tf.transpose(tf.slice(a, [head, 0], [1, units])));
          const right = tf.matMul(h, tf.transpose(tf.slice(b, [head, 0], [1, units])));
          const scores = tf.add(tf.leakyRelu(tf.add(left, tf.transpose(right)), 0.2), tf.mul(tf.sub(mask, 1), 1e9));
          return tf.matMul(tf.softmax(scores), h);
        });
        const joined = combine === 'concat' ? tf.concat(parts, 1) : tf.div(tf.addN(parts), heads);
        return tf.elu(tf.add(joined, offset));
      };
      const inputs = [weight, to, from, bias!];
      expect(layer.apply(x).dataSync()).toBeAllclose(expected(weight, to, from, bias!).dataSync(), { rtol: 1e-5, atol: 1e-5 });
      const { grads } = tf.variableGrads(() => tf.sum(tf.mul(layer.apply(x), c)), inputs);
      tf.grads((w, a, b, offset) => tf.sum(tf.mul(expected(w, a, b, offset), c)))(inputs).forEach((gradient, index) =>
        expect(grads[inputs[index]!.name]!.dataSync()).toBeAllclose(gradient.dataSync(), { rtol: 1e-4, atol: 1e-5 }),
      );
    });
    layer.dispose();
    expect(tf.memory().numTensors).toBe(before);
    graph.pattern.dispose();
  });

  test('a network of both learns, with dropout of attentions, and leaks nothing', () => {
    const graph = adjacency(NODES, edges);
    const before = tf.memory().numTensors;
    const [a, b] = random.split(key, 2);
    const net = sequential([
      graphAttention(NODES, 4, { graph, heads: 2, attentionDropout: 0.2, activation: 'elu', key: a }),
      graphConv(8, 2, { graph: symmetricNormalized(graph), key: b }),
    ]);
    const [x, y] = [tf.eye(NODES), tf.tensor1d(Int32Array.of(0, 0, 1, 0, 1, 1), 'int32')];
    const optimizer = sgd({ learningRate: 0.3 });
    const state = optimizer.init(trainable(net));
    const losses = Array.from({ length: 60 }, (_, step) => {
      const loss = trainStep(net, { x, y }, { optimizer, state, key: random.fold(key, step) });
      const [value] = loss.dataSync();
      loss.dispose();
      return value!;
    });
    expect(losses.at(-1)!).toBeLessThan(losses[0]! / 3);
    net.dispose();
    tf.dispose([x, y]);
    expect(tf.memory().numTensors).toBe(before);
    graph.pattern.dispose();
  });

  test('wrong arguments are refused by name, before anything is allocated', () => {
    const graph = adjacency(NODES, edges);
    const before = tf.memory().numTensors;
    expect(() => graphConv(7, 5, { graph: {} as never, key })).toThrow(/graphConv: graph is an object with no fields.*adjacency\(\)/);
    expect(() => graphConv(7, 5, { graph: { ...graph, values: new Float32Array(2) }, key })).toThrow(/2 values for 14 non-zeros/);
    expect(() => graphAttention(7, 5, { graph, heads: 0, key })).toThrow(/heads is 0/);
    expect(() => graphAttention(7, 5, { graph, combine: 'sum' as never, key })).toThrow(/combine is "sum"/);
    expect(() => graphAttention(7, 5, { graph, attentionDropout: 1, key })).toThrow(/rate is 1/);
    for (const layer of [graphConv, graphAttention])
      expect(() => layer(7, 5, { graph, activation: 'Relu' as never, key })).toThrow(/activation is "Relu"/);
    let drawn = 0;
    const failing = (shape: readonly number[]): tf.Tensor => {
      if (++drawn === 3) throw new Error('no more');
      return tf.zeros([...shape]);
    };
    expect(() => graphAttention(7, 5, { graph, init: failing, key })).toThrow('no more');
    const layer = graphConv(7, 5, { graph, key });
    tf.tidy(() => {
      expect(() => layer.apply(tf.zeros([NODES - 1, 7]))).toThrow(/x is \[5, 7\], but must be \[nodes, features\] of the graph's 6 nodes/);
      expect(propagate(tf.tensor1d(graph.values), graph.pattern, tf.ones([NODES, 1])).dataSync()).toEqual(
        Float32Array.of(3, 3, 3, 2, 2, 1),
      );
    });
    layer.dispose();
    expect(tf.memory().numTensors).toBe(before);
    graph.pattern.dispose();
  });
});
