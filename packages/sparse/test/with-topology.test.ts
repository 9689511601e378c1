import * as tf from '@tensorflow/tfjs-core';
import { adam, checkpointed, dense, disable, disposeState, fit, random, sequential, sgd, trainable, type NamedVariables } from '@x/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyRewiring, rigl, set, sparseLayers, withTopology } from '../src/index.ts';
import { backends, useBackend } from './backends.ts';
import { BATCH, batch, network } from './small-network.ts';

describe.each(backends)('withTopology on %s', (backend) => {
  beforeAll(() => useBackend(backend));
  afterAll(disable);

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

  test('within a checkpointed layer it goes on from update to update', () => {
    const inner = network(0.3);
    const net = checkpointed((inner as ReturnType<typeof sequential>).layers[0]!);
    const [{ layer }] = sparseLayers(net) as [ReturnType<typeof sparseLayers>[number]];
    for (let i = 0; i < 3; i++) {
      const keep = new Uint8Array(layer.pattern.nonZeros).fill(1, 1);
      applyRewiring(layer, { keep, grown: new Float64Array(0) }, []);
      expect(layer.pattern.nonZeros).toBe(keep.length - 1);
    }
    inner.dispose();
  });

  test('a slot that has no number for each value is refused before anything moves', () => {
    const net = network(0.3);
    const parameters = trainable(net);
    const slotOf = (variable: (size: number) => tf.Tensor): NamedVariables =>
      tf.tidy(() => Object.fromEntries(Object.entries(parameters).map(([name, { size }]) => [name, tf.variable(variable(size), false)])));
    const [{ layer }] = sparseLayers(net) as [ReturnType<typeof sparseLayers>[number]];
    const [pattern, values] = [layer.pattern, layer.variables.values.dataSync().slice()];
    for (const [kind, slot] of [
      ['int32', slotOf((size) => tf.zeros([Math.ceil(size / 4)], 'int32'))],
      ['float32', slotOf((size) => tf.zeros([Math.ceil(size / 256)]))],
    ] as const) {
      const state = { step: 2, slots: { codes: slot } };
      const optimizer = withTopology(net, set({ every: 3 }), { init: () => state, update: () => {} }, { key: random.key(1) });
      expect(() => optimizer.update(parameters, {}, state)).toThrow(new RegExp(`slot '.*' is ${kind}\\[\\d+\\], but must be float32`));
      disposeState(state);
    }
    const keep = new Uint8Array(pattern.nonZeros).fill(1);
    const grown = { keep, grown: new Float64Array(0), grownValues: new Float32Array(2) };
    expect(() => applyRewiring(layer, grown, [])).toThrow(/2 values for 0 links/);
    expect(layer.pattern).toBe(pattern);
    expect(layer.variables.values.dataSync()).toEqual(values);
    net.dispose();
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
