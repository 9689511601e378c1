import * as tf from '@tensorflow/tfjs-core';
import { median, type Comparison } from '@x-tooling/bench';
import { enable } from '../src/index.ts';
import { threads } from './backend.ts';
import { listedOperations, type Operation } from './operation-list.ts';
import '@tensorflow/tfjs-backend-wasm';

/** Seconds of a sample, which is as many runs as it takes, and samples of each backend, in turn. */
const SAMPLE = 0.0015;
const ROUNDS = 15;

/** Those that stand in the table: where few values lie side by side, where little is computed, and where much is moved. */
const IN_TABLE = [
  'relu 16',
  'add 16, 16',
  'add 1000x1000, 1000x1000',
  'mul 10000x3, 10000x1',
  'exp 1000x1000',
  'sum of last 10000x3',
  'mean of last 5000x7',
  'max of last 10000x3',
  'argMin of last 10000x3',
  'argMax of last 1000x1000',
  'sum of first 1000x1000',
  'maxPool 2 by 2 1x64x64x3',
  'avgPool 2 by 2 1x64x64x3',
  'maxPool 3 by 1, same 1x64x64x3',
  'maxPool 3 by 2, same 8x32x32x16',
  'pad by 1 1x64x64x3',
  'pad by 1 1000x1000',
  'mirrorPad by 1 1x64x64x3',
  'concat last 10000x3',
  'concat first 1000x1000',
  'gather 1000 rows of 3',
  'scatterND 10000 rows of 3 into 10000',
  'tensorScatterUpdate 10000 rows of 3 into 10000',
  'oneHot 10000 of 10',
  'softmax 1000x1000',
  'logSoftmax, wide 1000x1000',
  'transpose 1000x1000',
];

/** tfjs's operations beside tfjs's wasm backend, one thread each, in turn: prints them all, the least ratio first, and gives those of the table. */
export async function operations(): Promise<Comparison[]> {
  await enable();
  const comparisons: Comparison[] = [];
  for (const operation of listedOperations) comparisons.push(await timed(operation));
  const ratioOf = ({ results }: Comparison): number => results[1]!.ratio;
  for (const comparison of comparisons.toSorted((a, b) => ratioOf(a) - ratioOf(b))) {
    const [tfjs, x] = comparison.results.map(({ median: seconds }) => `${(seconds * 1e6).toFixed(1)} us`.padStart(11));
    console.log(`${ratioOf(comparison).toFixed(2).padStart(6)} ${tfjs} ${x}  ${comparison.name}`);
  }
  return IN_TABLE.map((name) => {
    const found = comparisons.find((comparison) => comparison.name === name);
    if (!found) throw new Error(`No operation is called ${name}.`);
    return found;
  });
}

async function timed({ name, inputs, run }: Operation): Promise<Comparison> {
  const sides: { backend: string; tensors: tf.Tensor[]; once: () => void; runs: number; times: number[] }[] = [];
  try {
    for (const backend of ['wasm', 'x']) {
      await tf.setBackend(backend);
      const tensors = tf.tidy(inputs);
      const once = (): void => void tf.tidy(() => void run(...tensors));
      sides.push({ backend, tensors, once, runs: runsOf(once), times: [] });
    }
    for (let round = 0; round < ROUNDS; round++) {
      for (const { backend, once, runs, times } of sides) {
        // tfjs sets all kernels up anew, and that isn't timed.
        await tf.setBackend(backend);
        once();
        const start = performance.now();
        threads().alone(() => {
          for (let i = 0; i < runs; i++) once();
        });
        times.push((performance.now() - start) / 1000 / runs);
      }
    }
  } finally {
    for (const { tensors } of sides) tf.dispose(tensors);
  }
  const [{ times: first }] = sides as [(typeof sides)[0]];
  const results = sides.map(({ backend, times, runs }) => ({
    label: backend === 'x' ? 'x, one thread' : 'tfjs wasm',
    median: median(times),
    min: Math.min(...times),
    rounds: ROUNDS,
    runs: runs * ROUNDS,
    ratio: median(times.map((time, round) => first[round]! / time)),
  }));
  return { name, results };
}

/** How many runs a sample is, found while the engine's compilers warm up. */
function runsOf(run: () => void): number {
  return threads().alone(() => {
    for (let runs = 1; ; runs *= 2) {
      const start = performance.now();
      for (let i = 0; i < runs; i++) run();
      const elapsed = (performance.now() - start) / 1000;
      if (elapsed > 4 * SAMPLE) return Math.max(1, Math.round((runs * SAMPLE) / elapsed));
    }
  });
}
