import * as tf from '@tensorflow/tfjs-core';
import { disable, disposeState, random, sgd, trainable, trainStep, type Optimizer, type OptimizerState } from '@x/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sparseLayers, withTopology } from '../src/index.ts';
import { algorithms } from './algorithms.ts';
import { backends, useBackend } from './backends.ts';
import { asDense, batch, network, support } from './small-network.ts';

async function run(
  optimizer: (inner: Optimizer) => (net: ReturnType<typeof network>) => Optimizer,
  start: number,
  each: (step: number, net: ReturnType<typeof network>, state: OptimizerState, update: () => void) => void,
): Promise<void> {
  const net = network(start);
  const own = optimizer(sgd({ learningRate: 0.1, momentum: 0.9 }))(net);
  const state = own.init(trainable(net));
  for (let step = 0; step < 10; step++) {
    const { x, y } = batch(step);
    each(step, net, state, () => trainStep(net, { x, y }, { optimizer: own, state }).dispose());
    tf.dispose([x, y]);
  }
  disposeState(state);
  net.dispose();
}

describe.each(backends)('topologies on %s', (backend) => {
  beforeAll(() => useBackend(backend));
  afterAll(disable);

  describe.each(algorithms)('$name', ({ make, at, constant, start, zeroGrowth }) => {
    test('changes at its steps only; survivors keep their momentum, new links start with none; nothing leaks', async () => {
      const before = tf.memory().numTensors;
      const changes: number[] = [];
      await run(
        (inner) => (net) => withTopology(net, make(), inner, { key: random.key(1) }),
        start,
        (step, net, state, update) => {
          const layers = sparseLayers(net);
          const old = layers.map(({ layer, name }) => ({
            support: support(layer),
            momentum: asDense(layer, state.slots['momentum']![name]!),
            nonZeros: layer.pattern.nonZeros,
            division: layer.division,
          }));
          update();
          const changed = layers.map(({ layer, name }, index) => {
            const now = support(layer);
            const momentum = asDense(layer, state.slots['momentum']![name]!);
            const values = asDense(layer, layer.variables.values);
            if (constant === 'layer') expect(layer.pattern.nonZeros).toBe(old[index]!.nonZeros);
            let grown = 0;
            now.forEach((is, position) => {
              if (is === 0) expect([values[position], momentum[position]]).toEqual([0, 0]);
              if (is === 1 && old[index]!.support[position] === 0) {
                grown++;
                expect(momentum[position]).toBe(0);
                if (zeroGrowth) expect(values[position]).toBe(0);
              }
              // RigL's change takes the place of the update, so there the momentum of survivors is what it was.
              if (is === 1 && old[index]!.support[position] === 1 && make().replacesStep && at.includes(step))
                expect(momentum[position]).toBe(old[index]!.momentum[position]);
            });
            // Room that is not used stays 0, and so do its slots.
            expect([...layer.variables.values.dataSync().slice(layer.pattern.nonZeros)].every((value) => value === 0)).toBe(true);
            expect([...state.slots['momentum']![name]!.dataSync().slice(layer.pattern.nonZeros)].every((value) => value === 0)).toBe(true);
            return grown > 0 || layer.pattern.nonZeros !== old[index]!.nonZeros || layer.division !== old[index]!.division;
          });
          const links = (of: readonly { nonZeros: number }[]): number => of.reduce((sum, { nonZeros }) => sum + nonZeros, 0);
          if (constant === 'network') expect(links(layers.map(({ layer }) => layer.pattern))).toBe(links(old));
          if (changed.includes(true)) changes.push(step);
        },
      );
      expect(changes).toEqual(at);
      expect(tf.memory().numTensors).toBe(before);
    });

    test('the same key gives the same run, bit by bit', async () => {
      const runs: Float32Array[][] = [];
      for (let i = 0; i < 2; i++) {
        await run(
          (inner) => (net) => withTopology(net, make(), inner, { key: random.key(1) }),
          start,
          (step, net, _state, update) => {
            update();
            if (step === 9) runs.push(sparseLayers(net).flatMap(({ layer }) => [asDense(layer, layer.variables.values), support(layer)]));
          },
        );
      }
      expect(runs[0]).toEqual(runs[1]);
    });
  });
});
