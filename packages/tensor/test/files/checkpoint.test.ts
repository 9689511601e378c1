import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeak } from '@x-tooling/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  adamw,
  chain,
  clipByGlobalNorm,
  dense,
  disable,
  disposeState,
  dropout,
  fit,
  loadCheckpoint,
  loadSafetensors,
  openSafetensors,
  packRaw,
  random,
  saveCheckpoint,
  saveSafetensors,
  sequential,
  sgd,
  trainable,
  type Data,
  type FitOptions,
  type Layer,
  type Optimizer,
  type OptimizerState,
} from '../../src/index.ts';
import { useBackend } from '../backends.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
  path = join(folder, 'run.safetensors');
});
afterEach(async () => {
  await rm(folder, { recursive: true });
  await disable();
});

const makeNet = (): Layer =>
  sequential([dense(6, 16, { activation: 'relu', key: random.key(1) }), dropout(0.3), dense(16, 3, { key: random.key(2) })]);
const optimizers: readonly [string, () => Optimizer][] = [
  ['adamw behind clipping', () => chain(clipByGlobalNorm(0.5), adamw({ learningRate: (step) => 0.01 / (1 + step) }))],
  ['momentum', () => sgd({ momentum: 0.9, learningRate: 0.05 })],
];
const examples = (): { x: Float32Array; y: Int32Array; shape: number[] } => {
  const x = tf.tidy(() => random.normal(random.key(7), [50, 6]).dataSync() as Float32Array);
  return { x, y: Int32Array.from({ length: 50 }, (_, i) => i % 3), shape: [6] };
};
/** Batches that someone yields anew each time. */
const yielded = (): Data => ({
  *[Symbol.iterator]() {
    for (let i = 0; i < 7; i++) {
      const batch = { x: random.normal(random.key(i), [8, 6]), y: tf.tensor1d([0, 1, 2, 0, 1, 2, 0, 1], 'int32') };
      yield batch;
      tf.dispose([batch.x, batch.y]);
    }
  },
});
const sources: readonly [string, () => Data, Pick<FitOptions, 'shuffle'>][] = [
  ['examples in an order of each epoch', examples, {}],
  ['examples in their own order', examples, { shuffle: false }],
  ['batches', yielded, {}],
];
const cases = optimizers.flatMap(([optimizer, optimizerOf]) =>
  sources.map(([source, dataOf, options]) => [`${optimizer}, ${source}`, { optimizerOf, dataOf, options }] as const),
);
const bits = (net: Layer, state: OptimizerState): unknown => [
  state.step,
  ...[net.variables, ...Object.values(state.slots)].flatMap((variables) =>
    Object.entries(variables).map(([name, variable]) => [name, [...new Uint32Array(variable.dataSync().slice().buffer)]]),
  ),
];

describe.each(['cpu', 'x simd', 'x wide'])('on %s', (backend) => {
  test.each(cases)('training that is left and resumed goes on bit by bit: %s', async (_, { optimizerOf, dataOf, options }) => {
    await useBackend(backend);
    // The 7 batches of an epoch; after the 3rd step, the last of an epoch, the first of the next.
    for (const left of [3, 7, 8]) {
      const losses: number[] = [];
      const net = makeNet();
      const optimizer = optimizerOf();
      const state = optimizer.init(trainable(net));
      for await (const event of fit(net, dataOf(), { optimizer, state, epochs: 3, batchSize: 8, seed: 5, ...options })) {
        if (event.type !== 'step') continue;
        losses.push(event.loss);
        if (event.step === left) await saveCheckpoint(path, { variables: net.variables, state, position: event.position });
      }
      const resumed = makeNet();
      const ofResumed = optimizerOf();
      const stateOfResumed = ofResumed.init(trainable(resumed));
      const { position } = await loadCheckpoint(path, { variables: resumed.variables, state: stateOfResumed });
      const again: number[] = [];
      const more = { optimizer: ofResumed, state: stateOfResumed, epochs: 3, batchSize: 8, seed: 5, from: position!, ...options };
      for await (const event of fit(resumed, dataOf(), more)) {
        if (event.type !== 'step') continue;
        again.push(event.loss);
        expect(event.step).toBe(left + again.length);
      }
      expect(again).toEqual(losses.slice(left));
      expect(bits(resumed, stateOfResumed)).toEqual(bits(net, state));
      for (const each of [net, resumed]) each.dispose();
      disposeState(state);
      disposeState(stateOfResumed);
    }
  });
});

test('after an epoch, and as others read it', async () => {
  await useBackend('x wide');
  await expectNoLeak(async () => {
    const net = makeNet();
    const optimizer = sgd({ momentum: 0.9 });
    const state = optimizer.init(trainable(net));
    for await (const event of fit(net, examples(), { optimizer, state, batchSize: 8, seed: 9 }))
      if (event.type === 'epoch')
        await saveCheckpoint(path, { variables: net.variables, state, position: event.position, key: random.key(3) });
    const { position, key } = await loadCheckpoint(path, { variables: net.variables, state });
    expect(position).toEqual({ seed: 9, epoch: 2, batch: 0, steps: 7 });
    expect(key).toEqual(random.key(3));
    const file = await openSafetensors(path);
    expect([...file.tensors.keys()].sort()).toEqual([
      'model.0.bias',
      'model.0.weight',
      'model.2.bias',
      'model.2.weight',
      'optimizer.momentum.0.bias',
      'optimizer.momentum.0.weight',
      'optimizer.momentum.2.bias',
      'optimizer.momentum.2.weight',
    ]);
    await file.close();
    net.dispose();
    disposeState(state);
  });
});

test('other tensors, raw ones and texts are kept beside', async () => {
  await useBackend('cpu');
  await expectNoLeak(async () => {
    const net = makeNet();
    const pointers = tf.tensor1d([0, 2, 3], 'int32');
    await saveCheckpoint(path, {
      variables: net.variables,
      tensors: { pointers, scales: packRaw('BF16', [1], [0.5]) },
      metadata: { run: 'a' },
    });
    const { tensors, raw, metadata, position } = await loadCheckpoint(path, { variables: net.variables });
    expect([...tensors['pointers']!.dataSync()]).toEqual([0, 2, 3]);
    expect(raw['scales']).toMatchObject({ dtype: 'BF16', shape: [1] });
    expect([metadata, position]).toEqual([{ run: 'a' }, undefined]);
    tf.dispose([pointers, Object.values(tensors)]);
    net.dispose();
  });
});

test('what does not fit is refused, and nothing is changed', async () => {
  await useBackend('cpu');
  await expectNoLeak(async () => {
    const net = makeNet();
    const other = sequential([dense(6, 15, { key: random.key(1) }), dropout(0.3), dense(15, 3, { key: random.key(2) })]);
    const optimizer = chain(clipByGlobalNorm(1), sgd({ momentum: 0.9 }));
    const state = optimizer.init(trainable(net));
    const plain = sgd({ momentum: 0.9 }).init(trainable(net));
    const ofOther = optimizer.init(trainable(other));
    await saveCheckpoint(path, { variables: net.variables, state });
    const before = [bits(other, ofOther), bits(net, plain)];
    await expect(loadCheckpoint(path, { variables: other.variables, state: ofOther })).rejects.toThrow(
      "variables of the checkpoint['0.weight'] is float32[6, 16]",
    );
    await expect(loadCheckpoint(path, { variables: net.variables, state: ofOther })).rejects.toThrow(
      "state of the checkpoint['1.momentum.0.weight']",
    );
    await expect(loadCheckpoint(path, { variables: net.variables, state: plain })).rejects.toThrow(
      'no tensor for the variables momentum.0.weight',
    );
    const gone = sequential([dense(6, 16, { key: random.key(3) }), dropout(0.3), dense(16, 3, { key: random.key(4) })]);
    const first = gone.variables['0.weight']!.dataSync().slice();
    gone.variables['2.bias']!.dispose();
    await expect(loadCheckpoint(path, { variables: gone.variables })).rejects.toThrow("variables['2.bias'] is disposed");
    expect(gone.variables['0.weight']!.dataSync()).toEqual(first);
    gone.dispose();
    expect([bits(other, ofOther), bits(net, plain)]).toEqual(before);
    await saveSafetensors(path, net.variables);
    await expect(loadCheckpoint(path, { variables: net.variables })).rejects.toThrow(`${path}: its metadata 'checkpoint' is undefined`);
    await expect(saveCheckpoint(path, { variables: undefined as never })).rejects.toThrow('variables is undefined');
    await expect(saveCheckpoint(path, { variables: net.variables, key: 3 as never })).rejects.toThrow('key is 3');
    await expect(saveCheckpoint(path, { variables: net.variables, metadata: { checkpoint: '' } })).rejects.toThrow("'checkpoint'");
    // The last good file is still there.
    const { tensors } = await loadSafetensors(path);
    tf.dispose(Object.values(tensors));
    for (const each of [net, other]) each.dispose();
    for (const each of [state, plain, ofOther]) disposeState(each);
  });
});

test('fit refuses a position that is none, of another seed, or without a state', async () => {
  await useBackend('cpu');
  const net = makeNet();
  const state = sgd().init(trainable(net));
  const from = { seed: 1, epoch: 1, batch: 2, steps: 2 };
  expect(() => fit(net, examples(), { from: 3 as never, state })).toThrow('from is 3');
  expect(() => fit(net, examples(), { from, state })).toThrow('from is a position of seed 1, but seed is 0');
  expect(() => fit(net, examples(), { from, seed: 1 })).toThrow('there is no state');
  expect(() => fit(net, examples(), { from: { ...from, epoch: 0 }, seed: 1, state })).toThrow('from.epoch is 0');
  net.dispose();
  disposeState(state);
});
