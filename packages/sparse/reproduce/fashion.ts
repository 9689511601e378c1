/**
 * The complete Fashion-MNIST at several sparsities by SET, RigL, Top-KAST, gradual pruning and fixed sparsity, beside a dense
 * network: test accuracy, and what it cost in operations and time.
 *
 *   pnpm --filter @x/sparse reproduce:fashion [--methods ...] [--sparsities 80,90,95,98] [--seeds 2] [--epochs 8] [--minutes 60]
 *   pnpm --filter @x/sparse reproduce:fashion --time [--rounds 7]     milliseconds of a step of each, on a quiet machine, within a minute
 *
 * 784-512-512-10 with relu, all three layers sparse by ERK, batches of 128, rate 0.1 falling along half a cosine, momentum
 * 0.9, penalty 1e-4. What changes does so every 100 steps until 3/4 of training, by 0.3 of the links falling along a cosine.
 * Runs in results/fashion.json are not done again; reproduce:fashion-plot draws them.
 */
import * as tf from '@tensorflow/tfjs-core';
import { parseArgs } from 'node:util';
import { dense, disposeState, enable, random, sequential, sgd, trainable, trainStep, type Layer, type Optimizer } from '@x/tensor';
import { loadFashionMnist } from '@x-tooling/datasets';
import {
  gradualPruning,
  layerDensities,
  rigl,
  set,
  sparseLinear,
  sparsityAt,
  topKast,
  trainingFlops,
  withTopology,
  type Topology,
  type TrainingMethod,
} from '../src/index.ts';
import { fashionGrey, images, trainOnImages } from './images.ts';
import { openJournal } from './journal.ts';
import { mean } from './statistics.ts';

const SIZES = [784, 512, 512, 10] as const;
const BATCH = 128;
const STEPS = Math.floor(60_000 / BATCH);
const EVERY = 100;

const { values: options } = parseArgs({
  options: {
    methods: { type: 'string', default: 'dense,static,SET,RigL,Top-KAST,pruning' },
    sparsities: { type: 'string', default: '80,90,95,98' },
    seeds: { type: 'string', default: '2' },
    epochs: { type: 'string', default: '8' },
    minutes: { type: 'string', default: '60' },
    time: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '7' },
  },
});
export interface Result {
  readonly method: string;
  /** In percent. */
  readonly sparsity: number;
  readonly accuracy: number;
  /** Of training on one example, the mean over all steps. */
  readonly flops: number;
}
export interface StepTime {
  readonly method: string;
  readonly sparsity: number;
  readonly milliseconds: number;
}

const epochs = Number(options.epochs);
const last = epochs * STEPS;
const until = Math.floor(0.75 * last);
const pruning = { begin: STEPS, end: until, every: EVERY };
const shapes = SIZES.slice(1).map((units, index) => [SIZES[index]!, units]);
const methods = options.methods.split(',');
const sparsities = options.sparsities.split(',').map(Number);
const configurations = methods.flatMap((method) =>
  method === 'dense' ? [{ method, sparsity: 0 }] : sparsities.map((sparsity) => ({ method, sparsity })),
);

// One thread for runs in the background, all for times.
const runtime = await enable(options.time ? {} : { threads: 1 });
await runtime.load('sparse');
if (options.time) await times();
else await runs();
process.exit(0);

async function runs(): Promise<void> {
  const data = await loadFashionMnist();
  const train = images(data.train, 0, 60_000, fashionGrey);
  const test = images(data.test, 0, 10_000, fashionGrey);
  const journal = openJournal<Result>('fashion', runtime, Number(options.minutes));
  const nameOf = (method: string, sparsity: number, seed: number): string =>
    `${method}${sparsity > 0 ? ` ${sparsity} %` : ''}, ${epochs} epochs, seed ${seed}`;
  for (let seed = 0; seed < Number(options.seeds); seed++)
    for (const { method, sparsity } of configurations) {
      await journal.add(nameOf(method, sparsity, seed), () => {
        const [forNet, forTopology, forOrder] = random.split(random.key(seed), 3);
        const net = network(method, sparsity, forNet);
        const optimizer = optimizerOf(net, method, sparsity, forTopology);
        const errors = trainOnImages(net, train, test, { optimizer, epochs, batch: BATCH, key: forOrder });
        net.dispose();
        return Promise.resolve({
          method,
          sparsity,
          accuracy: Math.round(1e4 * (1 - errors.at(-1)!)) / 1e4,
          flops: flopsOf(method, sparsity),
        });
      });
    }
  for (const { method, sparsity } of configurations) {
    const accuracies = [...journal.runs.values()]
      .filter(({ result }) => result.method === method && result.sparsity === sparsity)
      .map(({ result }) => result.accuracy);
    if (accuracies.length > 0)
      console.log(
        `${method.padEnd(9)} ${String(sparsity).padStart(2)} %: ${(100 * mean(accuracies)).toFixed(2)} % (${accuracies.length} seeds), ${(flopsOf(method, sparsity) / flopsOf('dense', 0)).toFixed(3)} of dense training's operations`,
      );
  }
}

/**
 * The mean step of each over as many steps as there are from one change of topology to the next, with the change: the median of some
 * rounds, in which all take turns. Gradual pruning's is that of a fixed topology of its mean sparsity.
 */
async function times(): Promise<void> {
  const x = random.normal(random.key(0), [BATCH, SIZES[0]]);
  const y = tf.tensor1d(
    Int32Array.from({ length: BATCH }, (_, i) => i % 10),
    'int32',
  );
  const programs = configurations.map(({ method, sparsity }) => {
    const net = network(method, sparsity, random.key(1), flopsOf('pruning', sparsity) / flopsOf('dense', 0));
    const optimizer = optimizerOf(net, method === 'pruning' ? 'static' : method, sparsity, random.key(2));
    return { method, sparsity, net, optimizer, state: optimizer.init(trainable(net)), taken: [] as number[] };
  });
  const train = ({ net, optimizer, state }: (typeof programs)[number], steps: number): number => {
    const began = performance.now();
    for (let step = 0; step < steps; step++) {
      const loss = trainStep(net, { x, y }, { optimizer, state });
      loss.dataSync();
      loss.dispose();
    }
    return (performance.now() - began) / steps;
  };
  for (const program of programs) train(program, 20);
  const rounds = Number(options.rounds);
  for (let round = 0; round < rounds; round++) for (const program of programs) program.taken.push(train(program, EVERY));
  const journal = openJournal<readonly StepTime[]>('fashion-time', runtime, 1, { anew: true });
  await journal.add(`milliseconds of a step, mean of ${EVERY}, median of ${rounds}`, () => {
    const result = programs.map(({ method, sparsity, taken }) => ({
      ...{ method, sparsity },
      milliseconds: Math.round(taken.toSorted((a, b) => a - b)[rounds >> 1]! * 100) / 100,
    }));
    for (const { method, sparsity, milliseconds } of result) console.log(`${method.padEnd(9)} ${sparsity} %: ${milliseconds} ms`);
    return Promise.resolve(result);
  });
  for (const { state } of programs) disposeState(state);
}

function network(method: string, sparsity: number, key: random.Key, unpruned = 1): Layer {
  const densities = layerDensities('erk', shapes, 1 - sparsity / 100);
  return sequential(
    shapes.map(([inputs, units], index) => {
      const common = { activation: index === 2 ? ('linear' as const) : ('relu' as const), key: random.fold(key, index) };
      if (method === 'dense') return dense(inputs!, units!, common);
      // Top-KAST trains twice as many links as take part; pruning begins with all.
      const stored = method === 'pruning' ? unpruned : Math.min(1, densities[index]! * (method === 'Top-KAST' ? 2 : 1));
      return sparseLinear(inputs!, units!, { density: stored, ...common });
    }),
  );
}

function optimizerOf(net: Layer, method: string, sparsity: number, key: random.Key): Optimizer {
  const plain = sgd({
    learningRate: (step) => 0.05 * (1 + Math.cos((Math.PI * Math.min(step, last)) / last)),
    momentum: 0.9,
    weightDecay: 1e-4,
  });
  const topologies: Readonly<Record<string, () => Topology>> = {
    SET: () => set({ every: EVERY, fraction: 0.3, schedule: 'cosine', until, drop: 'magnitude', std: 0 }),
    RigL: () => rigl({ every: EVERY, fraction: 0.3, until }),
    'Top-KAST': () => topKast({ forward: 0.5, every: EVERY, until }),
    pruning: () => gradualPruning({ final: sparsity / 100, ...pruning, scope: 'global' }),
  };
  const topology = topologies[method]?.();
  return topology ? withTopology(net, topology, plain, { key }) : plain;
}

function flopsOf(method: string, sparsity: number): number {
  const all = 2 * shapes.reduce((sum, [inputs, units]) => sum + inputs! * units!, 0);
  const names: Readonly<Record<string, TrainingMethod>> = {
    ...{ dense: 'dense', static: 'static', SET: 'set', RigL: 'rigl' },
    ...{ 'Top-KAST': 'topKast', pruning: 'pruning' },
  };
  const sparse = all * (1 - sparsity / 100);
  return trainingFlops(names[method]!, {
    ...{ sparse, dense: all, every: EVERY, backward: Math.min(all, 2 * sparse) },
    sparsities: Array.from({ length: 100 }, (_, i) => sparsityAt({ final: sparsity / 100, ...pruning }, (i / 100) * last)),
  });
}
