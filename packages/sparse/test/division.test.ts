import * as tf from '@tensorflow/tfjs-core';
import { disable, random, sequential, sgd, trainable, trainStep } from '@x/tensor';
import { csrPattern, csrToDense } from '@x/tensor/sparse';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compact, sparseLinear, sparsityReport, topKast, trim, withTopology } from '../src/index.ts';
import { backends, useBackend } from './backends.ts';

const key = random.key(4);

describe.each(backends)('divided layers on %s', (backend) => {
  beforeAll(() => useBackend(backend));
  afterAll(disable);

  test('the output is that of the forward set, the gradient that of the backward set, and nothing leaks', () => {
    const before = tf.memory().numTensors;
    for (const backwardPart of [1, 0.7, 0.5]) {
      const layer = sparseLinear(13, 9, { density: 0.6, activation: 'tanh', key });
      const count = layer.pattern.nonZeros;
      const forward = Uint8Array.from({ length: count }, (_, q) => (q % 2 === 0 ? 1 : 0));
      const backward = forward.map((flag, q) => (flag === 1 || q % 10 < 10 * backwardPart ? 1 : 0));
      layer.divide({ forward, backward: backwardPart === 0.5 ? forward : backward });
      const trained = layer.division!.backward;
      tf.tidy(() => {
        const x = random.normal(random.key(1), [2, 3, 13]);
        const weight = random.normal(random.key(2), [2, 3, 9]);
        const dense = (values: tf.Tensor, bias: tf.Tensor): tf.Tensor =>
          tf.tanh(tf.add(tf.matMul(tf.reshape(x, [6, 13]), csrToDense(values, layer.pattern), false, true), bias));
        const { values, bias } = layer.variables;
        const used = tf.mul(values, tf.tensor1d(Float32Array.from(forward)));
        const y = layer.apply(x);
        expect(y.shape).toEqual([2, 3, 9]);
        expect(y.dataSync()).toBeAllclose(dense(used, bias!).dataSync(), { rtol: 1e-5, atol: 1e-6 });
        const { grads } = tf.variableGrads(() => tf.sum(tf.mul(layer.apply(x), weight)), [values, bias!]);
        const [whole, ofBias] = tf.grads((v, b) => tf.sum(tf.mul(dense(v, b), tf.reshape(weight, [6, 9]))))([used, bias!]);
        expect(grads[values.name]!.dataSync()).toBeAllclose(tf.mul(whole!, tf.tensor1d(Float32Array.from(trained))).dataSync(), {
          rtol: 1e-5,
          atol: 1e-5,
        });
        expect(grads[bias!.name]!.dataSync()).toBeAllclose(ofBias!.dataSync(), { rtol: 1e-5, atol: 1e-5 });
        const dx = tf.grad((input: tf.Tensor) => tf.sum(tf.mul(layer.apply(input), weight)))(x);
        const expected = tf.grad((input: tf.Tensor) =>
          tf.sum(
            tf.mul(
              tf.tanh(tf.add(tf.matMul(tf.reshape(input, [6, 13]), csrToDense(used, layer.pattern), false, true), bias!)),
              tf.reshape(weight, [6, 9]),
            ),
          ),
        )(x);
        expect(dx.dataSync()).toBeAllclose(expected.dataSync(), { rtol: 1e-5, atol: 1e-5 });
      });
      layer.dispose();
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  test('penalties: half of each times the squares, of what takes part and of what only trains', () => {
    const layer = sparseLinear(4, 1, {
      pattern: csrPattern(1, 4, Int32Array.of(0, 3), Int32Array.of(0, 1, 3)),
      init: () => Float32Array.of(3, 2, 1),
      key,
    });
    layer.divide({ forward: Uint8Array.of(1, 0, 0), backward: Uint8Array.of(1, 1, 0), penalty: 0.1, explorationPenalty: 10 });
    const terms: number[] = [];
    tf.tidy(() => {
      layer.apply(tf.zeros([1, 4]), { training: true, addLoss: (term) => terms.push(term.dataSync()[0]!) });
    });
    expect(terms).toBeAllclose([0.05 * 9 + 5 * 4], { rtol: 1e-6 });
    layer.dispose();
  });

  test('topKast takes the greatest, trains the next, and trim leaves what takes part', () => {
    const init = (): Float32Array => Float32Array.of(0.1, -5, 2, 0.3, -4, 1);
    const pattern = csrPattern(2, 3, Int32Array.of(0, 3, 6), Int32Array.of(0, 1, 2, 0, 1, 2));
    const layer = sparseLinear(3, 2, { pattern, init, key });
    const net = sequential([layer]);
    const optimizer = withTopology(net, topKast({ forward: 1 / 3, backward: 2 / 3, penalty: 0.5 }), sgd(), { key });
    expect(layer.division).toEqual({
      forward: Uint8Array.of(0, 1, 0, 0, 1, 0),
      backward: Uint8Array.of(0, 1, 1, 0, 1, 1),
      penalty: 0.5,
      explorationPenalty: 1.5,
    });
    const state = optimizer.init(trainable(net));
    const [x, y] = [tf.ones([2, 3]), tf.tensor1d(Int32Array.of(0, 1), 'int32')];
    const old = layer.variables.values.dataSync().slice();
    trainStep(net, { x, y }, { optimizer, state }).dispose();
    // What rests is as it was.
    expect([0, 3].map((q) => layer.variables.values.dataSync()[q])).toEqual([0, 3].map((q) => old[q]));
    const expected = net.apply(x);
    expect(sparsityReport(net)).toMatchObject({ nonZeros: 6, flops: 4 });
    expect(() => compact(net)).toThrow(/layer 0 of net is divided.*trim\(\) first/);
    const small = trim(net);
    expect(small.variables['0.values']!.size).toBe(2);
    const given = small.apply(x);
    expect(given.dataSync()).toEqual(expected.dataSync());
    tf.dispose([x, y, expected, given]);
    small.dispose();
  });

  test('a division that is none is refused, and nothing changed', () => {
    const layer = sparseLinear(4, 2, { density: 0.5, key });
    const before = tf.memory().numTensors;
    expect(() => layer.divide({ forward: new Uint8Array(3), backward: new Uint8Array(4) })).toThrow(
      /forward has 3 flags, but the layer has 4/,
    );
    expect(() => layer.divide({ forward: Uint8Array.of(0, 1, 0, 0), backward: Uint8Array.of(1, 0, 0, 0) })).toThrow(
      /forward has non-zero 1, but backward doesn't/,
    );
    expect(layer.division).toBeUndefined();
    expect(tf.memory().numTensors).toBe(before);
    expect(() => sparseLinear(4, 2, { density: 0.5, room: 0.2, key })).toThrow(/room is 0.2, but must be .* at least 0.5/);
    expect(() => topKast({ forward: 0.5, backward: 0.4 })).toThrow(/backward is 0.4/);
    layer.dispose();
  });
});
