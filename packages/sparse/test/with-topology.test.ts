import * as tf from '@tensorflow/tfjs-core';
import { adam, dense, disable, fit, random, sequential, sgd } from '@x/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rigl, set, withTopology } from '../src/index.ts';
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
