/**
 * A training step in fewer bits beside the same step in float32, interleaved in one run; SGD, batch 128 of Fashion-MNIST, one thread:
 * quantization-aware with 4 bits of weights and 8 of activations, with activations kept compressed, and in mixed precision with loss scaling. Then
 * AdamW of 16 million parameters with its state in 8 bits beside that in 32. And what keeping activations compressed saved and cost, by layer.
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
import { loadFashionMnist } from '@x-tooling/datasets';
import {
  adam8bit,
  compressActivations,
  fakeQuant,
  formats,
  mixedPrecision,
  stochasticCodec,
  withLossScaling,
  type CompressedNetwork,
  type MixedPrecisionNetwork,
} from '../src/index.ts';

const BATCH = 128;
const SECONDS = 4;
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
await Promise.all([runtime.load('quant'), runtime.load('storage')]);
const measured = {
  'activations in 2 bits': { codec: stochasticCodec() },
  'activations within bounds': { gradientError: 0.05 },
};
const lean = (make: () => Layer): Record<keyof typeof measured, CompressedNetwork> => ({
  'activations in 2 bits': compressActivations(make(), measured['activations in 2 bits']),
  'activations within bounds': compressActivations(make(), measured['activations within bounds']),
});
const mixed = (make: () => Layer): Record<string, MixedPrecisionNetwork> => ({
  'mixed precision, float16': mixedPrecision(make()),
  'mixed precision, bfloat16': mixedPrecision(make(), { format: formats.bfloat16 }),
  'mixed precision, e4m3 and e5m2': mixedPrecision(make(), { format: formats.e4m3fn, gradients: formats.e5m2 }),
  'mixed precision, MXFP8 blocks': mixedPrecision(make(), { format: { element: formats.e4m3fn } }),
});
const all = (make: () => Layer, compressed: Readonly<Record<string, Layer>>): Readonly<Record<string, Layer>> => ({
  float32: make(),
  'quantization-aware, learned steps': fakeQuant(make(), { weights: 4 }),
  'quantization-aware, extremes': fakeQuant(make(), { weights: 4, steps: 'extremes' }),
  ...compressed,
  ...mixed(make),
});
const compressed = { 'MLP 784-1024-1024-10': lean(mlp), 'CNN 3x3x32, pool, 3x3x64, pool, 128, 10': lean(cnn) };
const networks: Readonly<Record<keyof typeof compressed, Readonly<Record<string, Layer>>>> = {
  'MLP 784-1024-1024-10': all(mlp, compressed['MLP 784-1024-1024-10']),
  'CNN 3x3x32, pool, 3x3x64, pool, 128, 10': all(cnn, compressed['CNN 3x3x32, pool, 3x3x64, pool, 128, 10']),
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

const { train } = await loadFashionMnist();
const x = tf.tidy(() => tf.div(tf.tensor2d(Float32Array.from(train.images.subarray(0, BATCH * 784)), [BATCH, 784]), 255));
const y = tf.tensor1d(Int32Array.from(train.labels.subarray(0, BATCH)), 'int32');
for (const [name, layers] of Object.entries(networks)) {
  const steps = Object.entries(layers).map(([label, layer]): [string, () => void] => {
    const descent = sgd({ learningRate: 0.01 });
    const optimizer = layer.kind === 'mixedPrecision' ? withLossScaling(layer as MixedPrecisionNetwork, descent) : descent;
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
/** What keeping activations compressed saves and costs, by layer and in all. */
const savings = Object.entries(compressed).flatMap(([name, ways]) =>
  Object.entries(ways).flatMap(([how, net]) => {
    const { layers, floatBytes, bytes, relativeError } = net.report({ x, y });
    const times = (ratio: number): string => `${ratio.toFixed(1)}x`;
    const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
    return [
      ...layers.map(
        (own) =>
          `| ${name} | ${how} | ${own.name} | ${times(own.floatBytes / own.bytes)} | ${percent(own.gradientError.relative)} | ${(own.gradientError.expected / own.gradientError.rms).toFixed(3)} |`,
      ),
      `| ${name} | ${how} | all | ${times(floatBytes / bytes)} | ${percent(relativeError)} | |`,
    ];
  }),
);

const gradient = random.normal(random.key(2), [PARAMETERS]);
const update = (optimizer: Optimizer): (() => void) => {
  const parameters = { weight: tf.tidy(() => tf.variable(random.normal(random.key(3), [PARAMETERS]))) };
  const state = optimizer.init(parameters);
  return () => optimizer.update(parameters, { weight: gradient }, state);
};
report(
  `AdamW of ${PARAMETERS} parameters`,
  times({
    'state of 32 bits': update(adamw({ weightDecay: 0.01 })),
    'state of 8 bits': update(adam8bit({ weightDecay: 0.01 })),
    'state of 8 bits, dynamic map': update(adam8bit({ code: 'dynamic', weightDecay: 0.01 })),
  }),
);
await writeFile(
  new URL('results/training-speed.md', import.meta.url),
  `# Training steps in fewer bits

Batch ${BATCH} of Fashion-MNIST, SGD, one thread, milliseconds; mixed precision with loss scaling.

| what | how | least | median | over float32 | of medians |
|---|---|---|---|---|---|
${rows.join('\n')}

Activations kept between forward and backward, on the batch that was trained on: so many times fewer bytes than in float32 (inputs of layers, signs of
rectifiers; in all, places of pools too), the error of the weights' gradients as a share of the exact gradient, and how far theory foretold it. Bounds were chosen for 5 %.

| network | how | layer | fewer bytes | gradient error | expected over measured |
|---|---|---|---|---|---|
${savings.join('\n')}

Command: \`pnpm --filter @x/quant reproduce:training-speed\`; ${new Date().toISOString().slice(0, 10)}; ${cpus()[0]?.model.trim()}, tier ${runtime.tier}, Node ${process.versions.node}.
`,
);
process.exit(0);
