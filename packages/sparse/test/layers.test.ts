import * as tf from '@tensorflow/tfjs-core';
import {
  checkpointed,
  dense,
  disable,
  disposeState,
  layerNormLayer,
  random,
  residual,
  sequential,
  sgd,
  trainable,
  trainStep,
  type Layer,
} from '@x/tensor';
import { csrPattern, csrToDense } from '@x/tensor/sparse';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  allReLU,
  denseFanInUniform,
  inDegreeNormal,
  normalValues,
  pruneByMagnitude,
  sparseLayers,
  sparseLinear,
  trim,
  type SparseLinearLayer,
} from '../src/index.ts';
import { backends, useBackend } from './backends.ts';

const key = random.key(7);

describe.each(backends)('sparseLinear on %s', (backend) => {
  beforeAll(() => useBackend(backend));
  afterAll(disable);

  test('values that are not as many as the non-zeros are refused, and nothing is left', () => {
    const before = tf.memory().numTensors;
    expect(() => sparseLinear(3, 3, { density: 1, key, init: () => new Float32Array(2) })).toThrow(/init made 2 values for 9/);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('it has as many non-zeros as its density says, and computes what the dense masked layer does', () => {
    const before = tf.memory().numTensors;
    for (const density of [0, 0.1, 0.5, 1]) {
      const layer = sparseLinear(13, 9, { density, activation: 'relu', key });
      expect(layer.pattern.nonZeros).toBe(117 - Math.floor((1 - density) * 117 + 1e-9));
      expect(layer.outputShape([null, 13])).toEqual([null, 9]);
      tf.tidy(() => {
        const x = random.normal(key, [3, 5, 13]);
        const expected = tf.relu(tf.matMul(tf.reshape(x, [15, 13]), csrToDense(layer.variables.values, layer.pattern), false, true));
        const given = layer.apply(x);
        expect(given.shape).toEqual([3, 5, 9]);
        expect(given.dataSync()).toBeAllclose(expected.dataSync(), { rtol: 1e-5, atol: 1e-5 });
      });
      layer.dispose();
      layer.dispose();
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  test('while it gathers gradients it computes the same, trains the same, and keeps nothing but those', () => {
    const [x, y] = [random.normal(key, [6, 13]), tf.tensor1d(Int32Array.of(0, 1, 2, 3, 4, 5), 'int32')];
    const trained = [false, true].map((gathers) => {
      const empty = tf.memory().numTensors;
      const layer = sparseLinear(13, 9, { density: 0.4, activation: 'tanh', key });
      if (gathers) layer.gather(() => state.step);
      const optimizer = sgd({ learningRate: 0.5 });
      const state = optimizer.init(trainable(layer));
      const before = tf.memory().numTensors;
      trainStep(layer, { x, y }, { optimizer, state }).dispose();
      expect(layer.gathered.map((seen) => [seen.step, seen.x.shape, seen.dz.shape])).toEqual(gathers ? [[0, [6, 13], [6, 9]]] : []);
      expect(tf.memory().numTensors).toBe(before + 2 * layer.gathered.length);
      // Without a backward pass it gathers nothing.
      layer.apply(x, { training: true }).dispose();
      expect(tf.memory().numTensors).toBe(before + 2 * layer.gathered.length);
      const values = layer.variables.values.dataSync().slice();
      layer.dispose();
      disposeState(state);
      expect(tf.memory().numTensors).toBe(empty);
      return values;
    });
    expect(trained[1]).toBeAllclose(trained[0]!, { rtol: 1e-5, atol: 1e-6 });
    tf.dispose([x, y]);
  });

  test('sparseLayers finds them in containers within containers', () => {
    const make = (): SparseLinearLayer => sparseLinear(6, 6, { density: 0.5, key });
    const [outer, inner] = [make(), make()];
    const net = sequential([outer, residual([inner, dense(6, 6, { key })]), dense(6, 2, { key })]);
    expect(sparseLayers(net).map(({ layer }) => layer)).toEqual([outer, inner]);
    for (const { name, layer } of sparseLayers(net)) expect(net.variables[name]).toBe(layer.variables.values);
    net.dispose();
  });

  test('trim gives back the room of what was pruned, and changes no output', () => {
    const net = sequential([
      sparseLinear(13, 9, { density: 1, activation: 'relu', key }),
      sparseLinear(9, 4, { density: 0.5, bias: false, key }),
    ]);
    pruneByMagnitude(net, { density: 0.25 });
    const x = random.normal(key, [3, 13]);
    const expected = net.apply(x);
    expect(net.variables['0.values']!.size).toBe(117);
    const small = trim(net);
    expect([small.variables['0.values']!.size + small.variables['1.values']!.size, Object.keys(small.variables)]).toEqual([
      153 - Math.floor(0.75 * 153),
      ['0.values', '0.bias', '1.values'],
    ]);
    expect(net.variables['0.values']!.isDisposed).toBe(true);
    const given = small.apply(x);
    expect(given.dataSync()).toEqual(expected.dataSync());
    tf.dispose([x, expected, given]);
    small.dispose();
  });

  test('trim reaches into containers, and refuses those whose parts it can’t replace before it changes anything', () => {
    const before = tf.memory().numTensors;
    const norm = layerNormLayer(9);
    const make = (): SparseLinearLayer => sparseLinear(9, 9, { density: 0.5, room: 1, key });
    const net = sequential([residual([norm, make()], { shortcut: make() }), sequential([checkpointed(residual(make()))])]);
    const x = random.normal(key, [3, 9]);
    const expected = tf.tidy(() => net.apply(x).dataSync().slice());
    const small = trim(net);
    expect(sparseLayers(small).map(({ name, layer }) => [name, layer.variables.values.size])).toEqual([
      ['0.inner.1.values', 41],
      ['0.shortcut.values', 41],
      ['1.0.inner.values', 41],
    ]);
    expect(small.variables['0.inner.0.gamma']).toBe(norm.variables['gamma']);
    expect(tf.tidy(() => small.apply(x).dataSync())).toEqual(expected);
    const inner = make();
    const closed: Layer = { ...residual(inner), kind: 'closed' };
    delete (closed as { withParts?: unknown }).withParts;
    const first = make();
    expect(() => trim(sequential([first, closed]))).toThrow(/layer 1 of net is of kind 'closed' and holds a sparse layer/);
    expect(first.variables.values.isDisposed).toBe(false);
    for (const own of [small, first, inner]) own.dispose();
    x.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('values: variance by in-degree keeps a unit’s output at the gain whatever its inputs; the other initializers’ spreads', async () => {
  await useBackend('cpu');
  // Unit 0 has 400 inputs, unit 1 has 4.
  const indices = Int32Array.from([...Array(400).keys(), 0, 100, 200, 300]);
  const pattern = csrPattern(2, 400, Int32Array.of(0, 400, 404), indices);
  const power = (values: Float32Array): number => values.reduce((sum, value) => sum + value * value, 0);
  const means = [0, 0];
  for (let seed = 0; seed < 200; seed++) {
    const values = inDegreeNormal()(pattern, random.key(seed));
    means[0]! += power(values.slice(0, 400)) / 200;
    means[1]! += power(values.slice(400)) / 200;
  }
  // A chi-square's mean over 200 draws of 400, and of 4 numbers; 4 standard deviations.
  expect(Math.abs(means[0]! - 2)).toBeLessThan((4 * 2 * Math.sqrt(2 / 400)) / Math.sqrt(200));
  expect(Math.abs(means[1]! - 2)).toBeLessThan((4 * 2 * Math.sqrt(2 / 4)) / Math.sqrt(200));
  const uniform = denseFanInUniform()(pattern, key);
  expect(Math.max(...uniform.map(Math.abs))).toBeLessThanOrEqual(Math.sqrt(6 / 400));
  expect(Math.abs(Math.sqrt(power(normalValues(0.1)(pattern, key)) / 404) - 0.1)).toBeLessThan(0.015);
  pattern.dispose();
});

test('allReLU: negative slope in the first, third, ... hidden layer, positive in the others', () => {
  const at = (layer: number): number[] =>
    tf.tidy(() => [
      ...allReLU(layer)
        .apply(tf.tensor1d([-1, 0, 2]))
        .dataSync(),
    ]);
  expect(at(1)).toBeAllclose([0.6, 0, 2], { rtol: 1e-7, atol: 0 });
  expect(at(2)).toBeAllclose([-0.6, 0, 2], { rtol: 1e-7, atol: 0 });
  expect(() => allReLU(0)).toThrow(/hiddenLayer is 0/);
});

test('wrong options are refused by name, before anything is allocated', () => {
  const before = tf.memory().numTensors;
  expect(() => sparseLinear(0, 3, { density: 0.1, key })).toThrow(/inputs is 0/);
  expect(() => sparseLinear(3, 3, { density: 1.1, key })).toThrow(/density is 1.1/);
  expect(() => sparseLinear(3, 3, { key })).toThrow(/give one of them/);
  expect(() => sparseLinear(3, 3, { density: 0.1, activation: 'Relu' as never, key })).toThrow(/activation is "Relu"/);
  expect(() => sparseLinear(3, 3, { density: 0.1, slope: NaN, key })).toThrow(/slope is NaN/);
  expect(() => sparseLinear(3, 3, { density: 0.1 } as never)).toThrow(/random\.key\(seed\)/);
  expect(tf.memory().numTensors).toBe(before);
});
