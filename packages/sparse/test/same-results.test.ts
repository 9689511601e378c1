import * as tf from '@tensorflow/tfjs-core';
import { disable, disposeState, random, sgd, trainable, trainStep } from '@x/tensor';
import { afterAll, expect, test } from 'vitest';
import { sparseLayers, withTopology } from '../src/index.ts';
import { algorithms } from './algorithms.ts';
import { backends, useBackend } from './backends.ts';
import { asDense, batch, network, support } from './small-network.ts';

afterAll(disable);

// What differs is the order in which products are added up.
test.each(algorithms)('$name trains the same network on tfjs’s cpu backend as on ours, weights to 1e-4', async ({ make, start }) => {
  const results: { supports: Float32Array[]; weights: Float32Array[] }[] = [];
  for (const backend of backends) {
    await useBackend(backend);
    const net = network(start);
    const optimizer = withTopology(net, make(), sgd({ learningRate: 0.1, momentum: 0.9 }), { key: random.key(1) });
    const state = optimizer.init(trainable(net));
    for (let step = 0; step < 10; step++) {
      const { x, y } = batch(step);
      trainStep(net, { x, y }, { optimizer, state }).dispose();
      tf.dispose([x, y]);
    }
    const layers = sparseLayers(net).map(({ layer }) => layer);
    results.push({ supports: layers.map(support), weights: layers.map((layer) => asDense(layer, layer.variables.values)) });
    disposeState(state);
    net.dispose();
  }
  const [cpu, ours] = results;
  expect(ours!.supports).toEqual(cpu!.supports);
  ours!.weights.forEach((weights, layer) => expect(weights).toBeAllclose(cpu!.weights[layer]!, { rtol: 1e-4, atol: 1e-5 }));
});
