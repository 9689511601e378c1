import * as tf from '@tensorflow/tfjs-core';
import { hardware, layerGraph, simulate } from '@x/hwsim';
import { rigl, sparseLinear, withTopology } from '@x/sparse';
import { adam, enable, fit, random, sequential } from '@x/tensor';

/** Trains a sparse network whose links are rewired meanwhile. */
async function sparse() {
  const runtime = await enable({ threads: 2 });
  await runtime.load('sparse');
  const [links, rewiring, pixels] = random.split(random.key(0), 3);
  const net = sequential([sparseLinear(64, 10, { density: 0.2, key: links })]);
  const optimizer = withTopology(net, rigl({ every: 10, until: 100 }), adam({ learningRate: 0.01 }), { key: rewiring });
  const x = random.normal(pixels, [256, 64]);
  const y = tf.tidy(() => tf.argMax(tf.slice(x, [0, 0], [-1, 10]), 1));
  const losses = [];
  for await (const event of fit(net, { x, y }, { optimizer, epochs: 20, batchSize: 64 }))
    if (event.type === 'epoch') losses.push(event.loss);
  return { threads: runtime.threads, losses };
}

/** Seconds that a step of a small network would take on a TPU. */
function hwsim() {
  const model = layerGraph('mlp', [{ name: 'fc', operation: { type: 'gemm', m: 4096, n: 1024, k: 784 } }]);
  return simulate({ model, hardware: hardware('tpu-v2'), precision: 'bf16' }).time;
}

globalThis.packages = { sparse, hwsim };
