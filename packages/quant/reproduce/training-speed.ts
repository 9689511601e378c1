/**
 * A training step in fewer bits beside the same step in float32, interleaved in one run; SGD, batch 128, one thread: quantization-aware with
 * 4 bits of weights and 8 of activations, with activations kept compressed, and with float16 simulated. Then AdamW of 16 million parameters
 * with its state in 8 bits beside that in 32.
 *
 *   pnpm --filter @x/quant reproduce:training-speed
 *
 * Results go to reproduce/results/training-speed.md.
 */
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import {
  adamw,
  conv2d,
  dense,
  enable,
  flatten,
  maxPool2d,
  random,
  sequential,
  sgd,
  trainable,
  trainStep,
  unflatten,
  type Layer,
  type Optimizer,
} from '@x/tensor';
import { adam8bit, boundedCodec, compressActivations, fakeQuant, mixedPrecision } from '../src/index.ts';

const BATCH = 128;
const SECONDS = 3;
const PARAMETERS = 2 ** 24;
const [a, b, c, d] = random.split(random.key(0), 4);

const mlp = (): Layer =>
  sequential([
    dense(784, 1024, { key: a, activation: 'relu' }),
    dense(1024, 1024, { key: b, activation: 'relu' }),
    dense(1024, 10, { key: c }),
  ]);
const cnn = (): Layer =>
  sequential([
    ...[unflatten([28, 28, 1]), conv2d(1, 32, 3, { key: a, activation: 'relu' }), maxPool2d(2)],
    ...[conv2d(32, 64, 3, { key: b, activation: 'relu' }), maxPool2d(2), flatten()],
    ...[dense(1600, 128, { key: c, activation: 'relu' }), dense(128, 10, { key: d })],
  ]);

const runtime = await enable({ threads: 1 });
await runtime.load('quant');
const lean = compressActivations(mlp());
const networks: Readonly<Record<string, Readonly<Record<string, Layer>>>> = {
  'MLP 784-1024-1024-10': {
    float32: mlp(),
    'quantization-aware, learned steps': fakeQuant(mlp(), { weights: 4 }),
    'quantization-aware, extremes': fakeQuant(mlp(), { weights: 4, steps: 'extremes' }),
    'activations in 2 bits': lean,
    'activations within 0.01': compressActivations(mlp(), { codec: boundedCodec(0.01) }),
    'float16, simulated': mixedPrecision(mlp()),
  },
  'CNN 3x3x32, pool, 3x3x64, pool, 128, 10': {
    float32: cnn(),
    'quantization-aware, learned steps': fakeQuant(cnn(), { weights: 4 }),
    'quantization-aware, extremes': fakeQuant(cnn(), { weights: 4, steps: 'extremes' }),
    'float16, simulated': mixedPrecision(cnn()),
  },
};

/** Least and median times in milliseconds of runs one after the other, round by round. */
function times(candidates: Readonly<Record<string, () => void>>): Record<string, readonly [least: number, median: number]> {
  const all: Record<string, number[]> = {};
  const end = performance.now() + SECONDS * 1000;
  for (let round = 0; round < 5 || performance.now() < end; round++) {
    for (const [name, run] of Object.entries(candidates)) {
      const began = performance.now();
      run();
      if (round > 1) (all[name] ??= []).push(performance.now() - began);
    }
  }
  return Object.fromEntries(
    Object.entries(all).map(([name, own]) => {
      own.sort((x, y) => x - y);
      return [name, [own[0] as number, own[own.length >> 1] as number]];
    }),
  );
}

const rows: string[] = [];
function report(what: string, measured: ReturnType<typeof times>): void {
  const [first] = Object.values(measured) as [readonly [number, number]];
  for (const [name, [least, median]] of Object.entries(measured)) {
    rows.push(
      `| ${what} | ${name} | ${least.toFixed(2)} | ${median.toFixed(2)} | ${(least / first[0]).toFixed(2)} | ${(median / first[1]).toFixed(2)} |`,
    );
    console.error(rows.at(-1));
  }
}

const x = random.uniform(random.key(1), [BATCH, 784]);
const y = tf.tensor1d(
  Int32Array.from({ length: BATCH }, (_, i) => i % 10),
  'int32',
);
for (const [name, layers] of Object.entries(networks)) {
  const steps = Object.entries(layers).map(([label, layer]): [string, () => void] => {
    const optimizer = sgd({ learningRate: 0.01 });
    const state = optimizer.init(trainable(layer));
    let step = 0;
    return [
      label,
      () => {
        const loss = trainStep(layer, { x, y }, { optimizer, state, key: random.key(step++) });
        loss.dataSync();
        loss.dispose();
      },
    ];
  });
  report(name, times(Object.fromEntries(steps)));
}
const kept = lean.kept();
const ratio = kept.reduce((sum, own) => sum + own.floatBytes, 0) / kept.reduce((sum, own) => sum + own.bytes, 0);

const gradient = random.normal(random.key(2), [PARAMETERS]);
const update = (optimizer: Optimizer): (() => void) => {
  const parameters = { weight: tf.tidy(() => tf.variable(random.normal(random.key(3), [PARAMETERS]))) };
  const state = optimizer.init(parameters);
  return () => optimizer.update(parameters, { weight: gradient }, state);
};
report(
  `AdamW of ${PARAMETERS} parameters`,
  times({ 'state of 32 bits': update(adamw({ weightDecay: 0.01 })), 'state of 8 bits': update(adam8bit({ weightDecay: 0.01 })) }),
);
await writeFile(
  new URL('results/training-speed.md', import.meta.url),
  `# Training steps in fewer bits

Batch ${BATCH}, SGD, one thread, milliseconds; in 2 bits the MLP keeps 1 / ${ratio.toFixed(1)} of the bytes between forward and backward.

| what | how | least | median | over float32 | of medians |
|---|---|---|---|---|---|
${rows.join('\n')}

Command: \`pnpm --filter @x/quant reproduce:training-speed\`; ${new Date().toISOString().slice(0, 10)}; ${cpus()[0]?.model.trim()}, tier ${runtime.tier}, Node ${process.versions.node}.
`,
);
process.exit(0);
