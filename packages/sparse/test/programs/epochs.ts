/**
 * Trains a network by each algorithm for three epochs of five steps, the last of which is of fewer examples, and writes a checkpoint
 * after some of the steps; or goes on from the checkpoints of a step other than 0. Prints the hash of all bits at the end by step and algorithm.
 *
 *   node --conditions=@x/source epochs.ts <folder> <step>...
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  disposeState,
  enable,
  fit,
  loadCheckpoint,
  random,
  saveCheckpoint,
  sgd,
  trainable,
  type FitPosition,
  type Layer,
  type OptimizerState,
} from '@x/tensor';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { restoreTopology, sparseLayers, topologyTensors, withTopology } from '../../src/index.ts';
import { algorithms } from '../algorithms.ts';
import { network } from '../small-network.ts';

/** After which steps it saves: in the first epoch, at the very end of the second, and in the third. */
export const STEPS: readonly number[] = [1, 4, 8, 10, 12];

/** Everything that a run has come to. */
export function bitsOf(net: Layer, state: OptimizerState): unknown[] {
  return [
    state.step,
    ...[net.variables, ...Object.values(state.slots)].flatMap((variables) => Object.values(variables).map(bits)),
    ...sparseLayers(net).flatMap(({ layer: { pattern, division, gathered } }) => [
      pattern.pointers.slice(),
      pattern.indices.slice(),
      // Penalties are float32 where they are used.
      division && [...[division.penalty!, division.explorationPenalty!].map(Math.fround), division.forward, division.backward],
      gathered.map(({ step, x, dz }) => [step, bits(x), bits(dz)]),
    ]),
  ];
}

function bits(tensor: tf.Tensor): Int32Array {
  return new Int32Array(tensor.dataSync().slice().buffer);
}

async function run(index: number, folder: string, from: number): Promise<string> {
  const { name, make, start } = algorithms[index]!;
  const x = random.normal(random.key(11), [108, 20]);
  const y = tf.tensor1d(
    Int32Array.from({ length: 108 }, (_, i) => (i * 7) % 4),
    'int32',
  );
  const net = network(start, from === 0 ? undefined : 6);
  const optimizer = withTopology(net, make(), sgd({ momentum: 0.9, learningRate: 0.1 }), { key: random.key(3) });
  const state = optimizer.init(trainable(net));
  const file = (step: number): string => join(folder, `${index}-${step}.safetensors`);
  let position: FitPosition | undefined;
  if (from > 0) {
    const loaded = await loadCheckpoint(file(from), { variables: net.variables, state });
    restoreTopology(net, loaded.tensors);
    tf.dispose(loaded.tensors);
    position = loaded.position!;
  }
  const options = { optimizer, state, epochs: 3, batchSize: 24, seed: 5, ...(position ? { from: position } : {}) };
  for await (const event of fit(net, { x, y }, options)) {
    if (event.type !== 'step' || from > 0 || !STEPS.includes(event.step)) continue;
    const tensors = topologyTensors(net);
    await saveCheckpoint(file(event.step), { variables: net.variables, state, position: event.position, tensors });
    tf.dispose(tensors);
  }
  const hash = createHash('sha256')
    .update(JSON.stringify([name, bitsOf(net, state)]))
    .digest('hex');
  disposeState(state);
  net.dispose();
  tf.dispose([x, y]);
  return hash;
}

if (import.meta.filename === process.argv[1]) {
  const [folder, ...steps] = process.argv.slice(2);
  await (await enable({ threads: 2 })).load('sparse');
  const hashes: Record<string, Record<string, string>> = {};
  for (const from of steps) {
    const own: Record<string, string> = (hashes[from] = {});
    for (const [index, { name }] of algorithms.entries()) own[name] = await run(index, folder!, Number(from));
  }
  console.log(JSON.stringify(hashes));
  process.exit(0);
}
