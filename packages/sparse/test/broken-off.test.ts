import * as tf from '@tensorflow/tfjs-core';
import {
  chain,
  clipByGlobalNorm,
  disable,
  disposeState,
  fit,
  random,
  sgd,
  trainable,
  trainStep,
  type Optimizer,
  type OptimizerState,
} from '@x/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rigl, set, snfs, sparseLayers, straightThrough, withTopology, type Topology } from '../src/index.ts';
import { backends, useBackend } from './backends.ts';
import { bitsOf } from './programs/epochs.ts';
import { batch, network } from './small-network.ts';

/** Those that look at gradients; at step 3 each changes something, after having looked at the two before. */
const watching: readonly { name: string; make: () => Topology }[] = [
  { name: 'rigl', make: () => rigl({ every: 3, until: 100, accumulate: 3 }) },
  { name: 'snfs', make: () => snfs({ every: 3, until: 100 }) },
];

describe.each(backends)('training that is broken off, on %s', (backend) => {
  beforeAll(() => useBackend(backend));
  afterAll(disable);

  const optimizerOf = (net: ReturnType<typeof network>, topology: Topology): ReturnType<typeof withTopology> =>
    withTopology(net, topology, chain(clipByGlobalNorm(1), sgd({ learningRate: 0.1, momentum: 0.9 })), { key: random.key(1) });

  describe.each(watching)('$name', ({ make }) => {
    // The slot's name within the chain.
    const topology = (): Topology => (make().name === 'snfs' ? snfs({ every: 3, until: 100, slot: '1.momentum' }) : make());

    test('by leaving the loop: the same optimizer goes on as if nothing had been, and disposing the network frees what it gathered', async () => {
      const before = tf.memory().numTensors;
      const { x, y } = batch(1);
      const options = { batchSize: 7, epochs: 2, seed: 3 };
      const whole = network(0.3);
      const own = optimizerOf(whole, topology());
      const wholeState = own.init(trainable(whole));
      for await (const _ of fit(whole, { x, y }, { ...options, optimizer: own, state: wholeState }));
      const net = network(0.3);
      const optimizer = optimizerOf(net, topology());
      const state = optimizer.init(trainable(net));
      let from = { seed: 3, epoch: 1, batch: 0, steps: 0 };
      while (state.step < wholeState.step)
        for await (const event of fit(net, { x, y }, { ...options, optimizer, state, from }))
          if (event.type === 'step') {
            from = event.position;
            break;
          }
      expect(bitsOf(net, state)).toEqual(bitsOf(whole, wholeState));
      // In mid-window.
      expect(sparseLayers(net).every(({ layer }) => layer.gathered.length > 0)).toBe(true);
      for (const each of [state, wholeState]) disposeState(each);
      for (const each of [net, whole]) each.dispose();
      tf.dispose([x, y]);
      expect(tf.memory().numTensors).toBe(before);
    });

    test('by NaN in the gradients: the step is as if it had not been, and the next batch does it', () => {
      const [net, other] = [network(0.3), network(0.3)];
      const train = (into: ReturnType<typeof network>, optimizer: ReturnType<typeof withTopology>, state: OptimizerState): void => {
        const { x, y } = batch(state.step);
        trainStep(into, { x, y }, { optimizer, state }).dispose();
        tf.dispose([x, y]);
      };
      const [optimizer, expected] = [optimizerOf(net, topology()), optimizerOf(other, topology())];
      const [state, expectedState] = [optimizer.init(trainable(net)), expected.init(trainable(other))];
      while (state.step < 3) train(net, optimizer, state);
      const before = bitsOf(net, state);
      const tensors = tf.memory().numTensors;
      const { x, y } = batch(0);
      const broken = tf.mul(x, NaN);
      expect(() => trainStep(net, { x: broken, y }, { optimizer, state })).toThrow(/links could grow, because gradients are NaN/);
      expect(bitsOf(net, state)).toEqual(before);
      tf.dispose([x, y, broken]);
      expect(tf.memory().numTensors).toBe(tensors);
      while (state.step < 8) train(net, optimizer, state);
      while (expectedState.step < 8) train(other, expected, expectedState);
      expect(bitsOf(net, state)).toEqual(bitsOf(other, expectedState));
      for (const each of [state, expectedState]) disposeState(each);
      for (const each of [net, other]) each.dispose();
    });

    test('by an optimizer that throws: what the step showed is forgotten', () => {
      const net = network(0.3);
      let throws = false;
      const plain = sgd({ learningRate: 0.1, momentum: 0.9 });
      const optimizer = withTopology(
        net,
        make(),
        {
          init: plain.init,
          update: (...given) => {
            if (throws) throw new Error('broken');
            plain.update(...given);
          },
        },
        { key: random.key(1) },
      );
      const state = optimizer.init(trainable(net));
      const { x, y } = batch(1);
      const step = (): void => trainStep(net, { x, y }, { optimizer, state }).dispose();
      step();
      step();
      const before = bitsOf(net, state);
      throws = true;
      expect(step).toThrow('broken');
      expect(bitsOf(net, state)).toEqual(before);
      disposeState(state);
      net.dispose();
      tf.dispose([x, y]);
    });

    test('and begun anew, it looks at nothing of what was gathered before', () => {
      const [net, fresh] = [network(0.3), network(0.3)];
      const { x, y } = batch(1);
      const run = (into: ReturnType<typeof network>, rate: number, steps: number): unknown[] => {
        const optimizer = withTopology(into, rigl({ every: 3, until: 100, accumulate: 2 }), sgd({ learningRate: rate }), {
          key: random.key(1),
        });
        const state = optimizer.init(trainable(into));
        while (state.step < steps) trainStep(into, { x, y }, { optimizer, state }).dispose();
        const bits = bitsOf(into, state);
        disposeState(state);
        return bits;
      };
      // At a rate of 0 the first run leaves nothing but what it gathered.
      run(net, 0, 3);
      expect(sparseLayers(net)[0]!.layer.gathered).toHaveLength(1);
      expect(run(net, 0.1, 5)).toEqual(run(fresh, 0.1, 5));
      for (const each of [net, fresh]) each.dispose();
      tf.dispose([x, y]);
    });
  });

  test('by an optimizer whose state can’t move with the links: refused before the update, and no matter to what only divides layers', () => {
    const plain = sgd({ learningRate: 0.1 });
    // As 8-bit Adam's, a byte for each value and rounded up to whole words.
    const inBytes: Optimizer = {
      init: (parameters) => ({
        ...plain.init(parameters),
        slots: {
          mean: Object.fromEntries(
            Object.entries(parameters).map(([name, { size }]) => [
              name,
              tf.tidy(() => tf.variable(tf.zeros([Math.ceil(size / 4)], 'int32'), false)),
            ]),
          ),
        },
      }),
      update: plain.update,
    };
    for (const [topology, refused] of [
      [set({ every: 2 }), true],
      [straightThrough({ density: 0.1 }), false],
    ] as const) {
      const net = network(0.3);
      const optimizer = withTopology(net, topology, inBytes, { key: random.key(1) });
      const state = optimizer.init(trainable(net));
      const { x, y } = batch(1);
      const step = (): void => trainStep(net, { x, y }, { optimizer, state }).dispose();
      step();
      const before = bitsOf(net, state);
      const tensors = tf.memory().numTensors;
      if (refused) {
        expect(step).toThrow(/withTopology: the optimizer's slot '.*' is int32\[\d+\], but must be float32\[\d+\]/);
        expect(bitsOf(net, state)).toEqual(before);
        expect(tf.memory().numTensors).toBe(tensors);
      } else {
        step();
        expect(bitsOf(net, state)).not.toEqual(before);
      }
      disposeState(state);
      net.dispose();
      tf.dispose([x, y]);
    }
  });
});
