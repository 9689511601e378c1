import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  adam,
  assignVariables,
  batchNormLayer,
  conv2d,
  decodeSafetensors,
  dense,
  dropout,
  embeddingLayer,
  encodeSafetensors,
  evaluate,
  fit,
  flatten,
  fromLayersModel,
  maxPool2d,
  random,
  sequential,
  sgd,
  toTfjsLayer,
  trainable,
  trainStep,
  type Layer,
} from '../../src/index.ts';
import { backends, useBackend } from '../backends.ts';

const [first, second] = random.split(random.key(4), 2);
const network = (): Layer =>
  sequential([
    conv2d(1, 4, 3, { key: first, activation: 'relu' }),
    maxPool2d(2),
    batchNormLayer(4),
    flatten(),
    dense(36, 3, { key: second }),
  ]);

/** Images of three classes, told apart by where they are bright. */
const examples = (): { x: tf.Tensor4D; y: tf.Tensor1D } =>
  tf.tidy(() => {
    const y = tf.tensor1d(Int32Array.from({ length: 48 }, (_, index) => index % 3));
    const rows = tf.reshape(tf.range(0, 8), [1, 8, 1, 1]);
    const bright = tf.cast(tf.equal(tf.floor(tf.div(rows, 3)), tf.reshape(y, [48, 1, 1, 1])), 'float32');
    return {
      x: tf.add(bright, random.normal(random.key(1), [48, 8, 8, 1], { std: 0.3 })) as tf.Tensor4D,
      y: tf.cast(y, 'int32') as tf.Tensor1D,
    };
  });

describe.each(backends.filter((name) => name === 'cpu' || name === 'x wide'))('%s', (backend) => {
  beforeAll(() => useBackend(backend));

  test("in a LayersModel a layer of ours predicts as alone, trains by tfjs's fit, and shares its variables", async () => {
    const net = network();
    const model = tfl.sequential();
    model.add(toTfjsLayer(tfl, net, { inputShape: [8, 8, 1], name: 'ours' }));
    model.add(tfl.layers.softmax());
    expect(model.outputShape).toEqual([null, 3]);
    expect(model.countParams()).toBe(Object.values(net.variables).reduce((sum, { size }) => sum + size, 0));
    const { x, y } = examples();
    tf.tidy(() => {
      expect(model.predict(x) as tf.Tensor).toBeAllclose(tf.softmax(net.apply(x)), { rtol: 1e-6, atol: 1e-7 });
    });
    model.compile({ optimizer: tf.train.adam(0.02), loss: 'sparseCategoricalCrossentropy' });
    const before = [...net.variables['4.weight']!.dataSync()];
    const labels = tf.tidy(() => tf.cast(y, 'float32'));
    const history = await model.fit(x, labels, { epochs: 12, batchSize: 16, verbose: 0, shuffle: false });
    const losses = history.history['loss'] as number[];
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 3);
    expect([...net.variables['4.weight']!.dataSync()]).not.toEqual(before);
    // Running statistics move in training, and are not trained.
    expect([...net.variables['2.mean']!.dataSync()].some((value) => value !== 0)).toBe(true);
    expect(model.trainableWeights.length).toBe(Object.keys(trainable(net)).length);
    expect(() => model.toJSON()).toThrow("tfjs can't save a sequential layer of ours");
    model.dispose();
    expect(Object.values(net.variables).every(({ isDisposed }) => isDisposed)).toBe(true);
    tf.dispose([x, y, labels]);
  });

  test('several of ours beside tfjs layers, whole numbers, and dropout with fresh keys', () => {
    const model = tfl.sequential();
    model.add(toTfjsLayer(tfl, embeddingLayer(5, 4, { key: first }), { inputShape: [3], dtype: 'int32' }));
    model.add(tfl.layers.flatten());
    model.add(toTfjsLayer(tfl, dropout(0.5)));
    model.add(tfl.layers.dense({ units: 2 }));
    tf.tidy(() => {
      const ids = tf.tensor2d([[0, 4, 2]], [1, 3], 'int32');
      expect(model.predict(ids) as tf.Tensor).toHaveShape([1, 2]);
      const [once, twice] = [0, 1].map(() => [...(model.apply(ids, { training: true }) as tf.Tensor).dataSync()]);
      expect(once).not.toEqual(twice);
    });
    model.dispose();
  });

  test("a LayersModel as a layer: it has the model's variables, our fit trains it, and safetensors keep it", async () => {
    const build = (): tfl.LayersModel => {
      const model = tfl.sequential();
      model.add(tfl.layers.conv2d({ filters: 4, kernelSize: 3, activation: 'relu', inputShape: [8, 8, 1] }));
      model.add(tfl.layers.batchNormalization());
      model.add(tfl.layers.flatten());
      model.add(tfl.layers.dense({ units: 3 }));
      return model;
    };
    const model = build();
    const net = fromLayersModel(model);
    expect(Object.keys(trainable(net)).length).toBe(6);
    expect(Object.keys(net.variables).length).toBe(8);
    expect(net.outputShape([null, 8, 8, 1])).toEqual([null, 3]);
    const { x, y } = examples();
    const before = await evaluate(net, { x, y });
    for await (const _ of fit(net, { x, y }, { optimizer: adam({ learningRate: 0.02 }), epochs: 8, batchSize: 16 }));
    expect((await evaluate(net, { x, y })).loss).toBeLessThan(before.loss / 2);
    tf.tidy(() => {
      expect(net.apply(x)).toBeAllclose((model.predict(x) as tf.Tensor).dataSync(), { rtol: 0, atol: 0 });
    });
    const { tensors } = decodeSafetensors(await encodeSafetensors(net.variables));
    const twin = build();
    const other = fromLayersModel(twin);
    // tfjs counts the layers of a program in their names.
    const names = Object.keys(other.variables);
    assignVariables(other.variables, Object.fromEntries(Object.keys(net.variables).map((name, index) => [names[index]!, tensors[name]!])));
    tf.tidy(() => {
      expect(other.apply(x)).toBeAllclose(net.apply(x), { rtol: 0, atol: 0 });
    });
    tf.dispose([x, y, tensors]);
    for (const layer of [net, net, other]) layer.dispose();
  });

  test('a frozen layer of it stays, and in a container it is one of the parts', () => {
    expectNoLeak(() => {
      const model = tfl.sequential();
      model.add(tfl.layers.dense({ units: 3, inputShape: [4] }));
      model.layers[0]!.trainable = false;
      const net = sequential([fromLayersModel(model), dense(3, 2, { key: first })]);
      const frozen = Object.values(model.layers[0]!.getWeights()).map((weight) => [...weight.dataSync()]);
      const optimizer = sgd({ learningRate: 1 });
      const state = optimizer.init(trainable(net));
      expect(Object.keys(trainable(net))).toEqual(['1.weight', '1.bias']);
      tf.tidy(() => {
        trainStep(net, { x: random.normal(second, [5, 4]), y: tf.zeros([5], 'int32') }, { optimizer, state });
      });
      expect(model.layers[0]!.getWeights().map((weight) => [...weight.dataSync()])).toEqual(frozen);
      net.dispose();
    });
  });

  test('refusals', () => {
    expect(() => toTfjsLayer({} as never, dense(1, 1, { key: first }))).toThrow(
      'tfjs is an object with no fields, but must be the namespace',
    );
    expect(() => toTfjsLayer(tfl, {} as never)).toThrow('layer is an object with no fields, but must be a layer');
    expect(() => fromLayersModel({} as never)).toThrow('must be a tfjs LayersModel');
    const input = tfl.input({ shape: [2] });
    const two = tfl.model({
      inputs: input,
      outputs: [tfl.layers.dense({ units: 1 }).apply(input), tfl.layers.dense({ units: 2 }).apply(input)] as tfl.SymbolicTensor[],
    });
    expect(() => fromLayersModel(two)).toThrow('the model has 1 inputs and 2 outputs');
  });
});
