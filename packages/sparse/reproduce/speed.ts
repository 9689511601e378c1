/**
 * What sparse training costs beside dense, on this machine, as the table of reproduce/results/speed.md: medians of runs
 * that take turns, and their ratios.
 *
 *   pnpm --filter @x/sparse reproduce:speed [seconds a part, 4] [threads, as many as there are cores] [parts, layers,step,topology,inputs,threads]
 */
import { cpus } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import {
  dense,
  disable,
  enable,
  linear,
  random,
  sequential,
  sgd,
  softmaxCrossEntropy,
  trainable,
  trainStep,
  type Layer,
  type Loss,
  type Optimizer,
} from '@x/tensor';
import { startPythonPeer } from '@x-tooling/bench';
import { activeLinear } from '@x/tensor/sparse';
import '@tensorflow/tfjs-backend-wasm';
import { rigl, sparseLinear, withTopology } from '../src/index.ts';

const BATCH = 128;
const SIZES = [784, 1000, 1000, 1000, 10] as const;
const seconds = Number(process.argv[2] ?? 4);
const chosen = Number(process.argv[3]) > 0 ? { threads: Number(process.argv[3]) } : {};
const parts = (process.argv[4] ?? 'layers,step,topology,inputs,threads').split(',');
const key = random.key(0);

type Candidates = Readonly<Record<string, () => void | Promise<void>>>;

/** Seconds that each candidate runs before it is measured, until the engine has compiled what tfjs does around the kernels. */
const WARM_UP = 0.2;

/** Median milliseconds of each, taking turns, after they ran for a while. */
async function race(candidates: Candidates, budget = seconds): Promise<Record<string, number>> {
  for (const run of Object.values(candidates))
    for (const past = performance.now() + 1000 * Math.min(WARM_UP, budget); performance.now() < past;) await run();
  const times = Object.fromEntries(Object.keys(candidates).map((name) => [name, [] as number[]]));
  const until = performance.now() + 1000 * budget;
  for (let turn = -3; turn < 5 || performance.now() < until; turn++) {
    for (const [name, run] of Object.entries(candidates)) {
      const began = performance.now();
      await run();
      if (turn >= 0) times[name]!.push(performance.now() - began);
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, all]) => [name, all.sort((a, b) => a - b)[all.length >> 1]!]));
}

/** A layer forward and the gradients of its input and its variables. */
function passes(layers: Readonly<Record<string, Layer>>, inputs: number, units: number): Candidates {
  const x = tf.variable(random.normal(key, [BATCH, inputs]));
  const dy = random.normal(key, [BATCH, units]);
  return Object.fromEntries(
    Object.entries(layers).map(([name, layer]) => [
      name,
      () => {
        const { value, grads } = tf.engine().gradients(() => layer.apply(x), [x, ...Object.values(layer.variables)], dy);
        tf.dispose([value, ...grads]);
      },
    ]),
  );
}

const percent = (density: number): string => `${100 * density} %`;
const row = (...cells: (string | number)[]): void => console.log(`| ${cells.join(' | ')} |`);
const ms = (time: number): string => `${time.toPrecision(3)} ms`;
const times = (ratio: number): string => `${ratio.toFixed(ratio < 10 ? 2 : 1)}x`;

let runtime = await enable(chosen);
await runtime.load('sparse');
console.log(
  `# Speed\n\n\`pnpm --filter @x/sparse reproduce:speed ${process.argv.slice(2).join(' ')}\`, ${new Date().toISOString().slice(0, 10)}, ${cpus()[0]?.model.trim()}, ${cpus().length} cores, ` +
    `Node ${process.versions.node}, ${runtime.tier} tier, ${runtime.threads} threads, batch ${BATCH}. Medians of runs that took turns.\n`,
);

const densities = [0.5, 0.35, 0.25, 0.1, 0.05, 0.02];
if (parts.includes('layers')) {
  console.log(
    '## A layer, forward and both gradients\n\nTimes faster than our dense layer. x and the gradient of the output come row-major; the output and the gradient of x stay as the next sparse layer takes them.\n',
  );
  row('shape', 'dense', ...densities.map(percent), 'blocks 4x4, 10 %', '16x16', '2:4', 'even at');
  row(...new Array<string>(densities.length + 6).fill('---'));
  for (const [inputs, units] of [
    [1024, 1024],
    [784, 1000],
    [4096, 1024],
    [256, 256],
  ] as const) {
    const activation = 'relu';
    const layers: Record<string, Layer> = {
      dense: dense(inputs, units, { key, activation }),
      ...Object.fromEntries(densities.map((density) => [percent(density), sparseLinear(inputs, units, { density, key, activation })])),
      blocks: sparseLinear(inputs, units, { density: 0.1, block: [4, 4], key, activation }),
      ...(inputs % 16 === 0 && units % 16 === 0
        ? { large: sparseLinear(inputs, units, { density: 0.1, block: [16, 16], key, activation }) }
        : {}),
      nm: sparseLinear(inputs, units, { nm: [2, 4], key, activation }),
    };
    const took = await race(passes(layers, inputs, units));
    const ratio = (name: string): number => took['dense']! / took[name]!;
    row(
      `${inputs} x ${units}`,
      ms(took['dense']!),
      ...densities.map((density) => times(ratio(percent(density)))),
      times(ratio('blocks')),
      layers['large'] ? times(ratio('large')) : '',
      times(ratio('nm')),
      breakEven(densities.map((density) => ratio(percent(density)))),
    );
  }
  console.log('\nMust, for 1024 x 1024: 4x at 10 %, 7x at 5 %, 14x at 2 %; blocks 6x; even at 25 % or more.\n');
}
if (parts.includes('step')) {
  console.log('## A training step of 784-1000-1000-1000-10, SGD with momentum\n');
  const peer = new URL('torch_dense_step.py', import.meta.url);
  const [torch, torchAlone] = [await startPythonPeer(peer, runtime.threads), await startPythonPeer(peer, 1)];
  const step = program((inputs, units, activation, own) => sparseLinear(inputs, units, { density: 0.05, activation, key: own }));
  const denseStep = program((inputs, units, activation, own) => dense(inputs, units, { activation, key: own }));
  const steps = await race({
    'ours, 5 %': step,
    'ours, dense': denseStep,
    ...(torch && runtime.threads > 1 ? { [`PyTorch, dense, ${runtime.threads} threads`]: () => torch.ask('step') } : {}),
    ...(torchAlone ? { 'PyTorch, dense, 1 thread': () => torchAlone.ask('step') } : {}),
  });
  torch?.stop();
  torchAlone?.stop();
  const tfjs = await tfjsStep();
  row('', 'time', 'to ours at 5 %');
  row('---', '---', '---');
  for (const [name, time] of Object.entries({ ...steps, 'tfjs wasm, dense': tfjs })) row(name, ms(time), times(time / steps['ours, 5 %']!));
  console.log('\nMust: 4x PyTorch, 300x tfjs.\n');
}
if (parts.includes('topology')) {
  console.log('## A change of topology: RigL, 1024 x 1024 at 5 %\n');
  row('gradients of', 'a step', 'a step that rewires', 'the update: the difference', 'in steps');
  row('---', '---', '---', '---', '---');
  for (const [name, loss] of [
    ['a few units (cross entropy, 128 of 1024 classes)', softmaxCrossEntropy],
    ['all units alike (squares, random targets)', squares(random.normal(random.key(2), [BATCH, 1024]))],
  ] as const) {
    const { ordinary, changing } = rewiring(loss);
    row(
      name,
      ms(ordinary),
      ms(changing),
      ms(changing - ordinary),
      `${((changing - ordinary) / ordinary).toFixed(2)} (${(changing / ordinary).toFixed(2)} with the step it is part of)`,
    );
  }
  console.log('\nMust: 3 steps. Units whose gradient is too small for any link of theirs to grow cost no product.\n');
}
if (parts.includes('inputs')) {
  console.log('## Inputs that are mostly 0: 4096 to 1024, forward\n\nTimes faster than `linear`.\n');
  const weight = random.normal(key, [4096, 1024]);
  row('batch', '80 % zeros', '90 %', '95 %', '97 %');
  row('---', '---', '---', '---', '---');
  for (const batch of [1, 2, 4, 8]) {
    const ratios: string[] = [];
    for (const zeros of [0.8, 0.9, 0.95, 0.97]) {
      const x = tf.tidy(() =>
        tf.mul(random.normal(key, [batch, 4096]), tf.cast(tf.greater(random.uniform(random.key(1), [batch, 4096]), zeros), 'float32')),
      );
      const took = await race({ linear: () => linear(x, weight).dispose(), active: () => activeLinear(x, weight).dispose() }, seconds / 16);
      ratios.push(times(took['linear']! / took['active']!));
      x.dispose();
    }
    row(batch, ...ratios);
  }
}
if (parts.includes('threads')) {
  console.log('\n## Threads: 1024 x 1024, forward and both gradients\n');
  const byThreads: Record<number, Record<string, number>> = {};
  for (const threads of [1, 2]) {
    await disable();
    runtime = await enable({ threads });
    await runtime.load('sparse');
    const layers = Object.fromEntries([0.1, 0.05].map((density) => [percent(density), sparseLinear(1024, 1024, { density, key })]));
    byThreads[threads] = await race(passes(layers, 1024, 1024));
  }
  row('', '1 thread', '2 threads', 'faster');
  row('---', '---', '---', '---');
  for (const name of Object.keys(byThreads[1]!))
    row(name, ms(byThreads[1]![name]!), ms(byThreads[2]![name]!), times(byThreads[1]![name]! / byThreads[2]![name]!));
  console.log('\nMust: 1.8x.');
}
process.exit(0);

/** A training step of the network made of such layers. */
function program(make: (inputs: number, units: number, activation: 'relu' | 'linear', key: random.Key) => Layer): () => void {
  const net = sequential(
    SIZES.slice(1).map((units, index) => make(SIZES[index]!, units, index < SIZES.length - 2 ? 'relu' : 'linear', random.fold(key, index))),
  );
  return stepOf(net, sgd({ learningRate: 0.01, momentum: 0.9 }), SIZES[0], 10);
}

function stepOf(net: Layer, optimizer: Optimizer, inputs: number, classes: number, loss: Loss = softmaxCrossEntropy): () => void {
  const x = random.normal(key, [BATCH, inputs]);
  const y = tf.tensor1d(
    Int32Array.from({ length: BATCH }, (_, index) => index % classes),
    'int32',
  );
  const state = optimizer.init(trainable(net));
  return () => trainStep(net, { x, y }, { optimizer, state, loss }).dispose();
}

/** The same dense step as any tfjs program on its own WASM backend. */
async function tfjsStep(): Promise<number> {
  await tf.setBackend('wasm');
  const weights = SIZES.slice(1).map((units, index) => tf.variable(tf.randomNormal([SIZES[index]!, units], 0, SIZES[index]! ** -0.5)));
  const biases = SIZES.slice(1).map((units) => tf.variable(tf.zeros([units])));
  const images = tf.randomNormal([BATCH, SIZES[0]]);
  const targets = tf.oneHot(
    tf.tensor1d(
      Int32Array.from({ length: BATCH }, (_, index) => index % 10),
      'int32',
    ),
    10,
  );
  const optimizer = tf.train.momentum(0.01, 0.9);
  const run = (): void => {
    optimizer.minimize(() => {
      let x: tf.Tensor = images;
      weights.forEach((kernel, layer) => {
        x = tf.add(tf.matMul(x, kernel), biases[layer]!);
        if (layer < weights.length - 1) x = tf.relu(x);
      });
      return tf.losses.softmaxCrossEntropy(targets, x);
    });
  };
  run();
  const took: number[] = [];
  for (let i = 0; i < 3; i++) {
    const began = performance.now();
    run();
    took.push(performance.now() - began);
  }
  await tf.setBackend('x');
  return took.sort((a, b) => a - b)[1]!;
}

/** The mean of squared distances to targets, whatever the labels are. */
function squares(targets: tf.Tensor): Loss {
  return (output) => tf.mean(tf.squaredDifference(output, targets));
}

/** Median times of a step, and of one whose update RigL's change takes the place of. */
function rewiring(loss: Loss): { ordinary: number; changing: number } {
  const net = sequential([sparseLinear(1024, 1024, { density: 0.05, activation: 'relu', key })]);
  const optimizer = withTopology(net, rigl({ every: 4, until: 1e9 }), sgd({ learningRate: 1e-4, momentum: 0.9 }), { key });
  const run = stepOf(net, optimizer, 1024, 1024, loss);
  const all: number[] = [];
  for (const until = performance.now() + 1000 * seconds; performance.now() < until;) {
    const began = performance.now();
    run();
    all.push(performance.now() - began);
  }
  const late = all.slice(40);
  // Step 4 changes the topology, and every fourth from there on.
  const median = (of: number[]): number => of.sort((a, b) => a - b)[of.length >> 1]!;
  const changing = median(late.filter((_, index) => index % 4 === 0));
  return { ordinary: median(late.filter((_, index) => index % 4 === 2)), changing };
}

/** The density at which a ratio of 1 lies between two that were measured. */
function breakEven(ratios: readonly number[]): string {
  const after = ratios.findIndex((ratio) => ratio >= 1);
  if (after === 0) return `${percent(densities[0]!)} or more`;
  if (after < 0) return `less than ${percent(densities.at(-1)!)}`;
  const [d0, d1, r0, r1] = [densities[after - 1]!, densities[after]!, ratios[after - 1]!, ratios[after]!];
  return `${(100 * (d0 + ((d1 - d0) * (1 - r0)) / (r1 - r0))).toFixed(0)} %`;
}
