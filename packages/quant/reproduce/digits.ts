/**
 * Accuracy against bits on UCI digits, post-training: 64-128-128-10, weights and activations of equal width.
 *
 *   pnpm --filter @x/quant reproduce:digits [seeds, 5] [epochs, 60]
 *
 * As the table it is set beside: 1257 training and 540 test images in a split with equal classes, pixels / 16, Adam 2e-3,
 * batches of 64; per tensor: symmetric weights and min-max activations; per channel: the same with a step for each unit; Qiu's
 * dynamic fixed point: powers of two by least Σ|error|. Other random numbers, and so another split and other weights.
 * Static fixed point has one power of two for all layers' weights and activations, which holds the largest of them all; Qiu's
 * lesson is that at 8 bits it collapses and dynamic fixed point does not. Results go to reproduce/results/digits.md.
 */
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { accuracy, adam, dense, enable, evaluate, fit, random, sequential, type Layer, type SequentialLayer } from '@x/tensor';
import { loadDigits } from '@x-tooling/datasets';
import { fixedPoint, simulate, type Observer, type SimulateOptions } from '../src/index.ts';

const widths = [16, 8, 6, 4, 3, 2] as const;
const methods: Readonly<Record<string, (bits: number) => SimulateOptions>> = {
  'per tensor': (bits) => ({ weights: { bits, granularity: 'tensor' }, activations: { bits } }),
  'per channel': (bits) => ({ weights: { bits }, activations: { bits } }),
  'dynamic fixed point': (bits) => ({
    weights: { bits, granularity: 'tensor', range: 'fixedPoint' },
    activations: { bits, observer: fixedPoint() },
  }),
};
/** Percent, of five runs of another program; bands are three of their standard deviations, or three points where none is known. */
const published: Readonly<Record<string, readonly (readonly [mean: number, deviation: number])[]>> = {
  'per tensor': [
    [97.85, 0.42],
    [97.89, 0.4],
    [97.89, 0.4],
    [97.26, 0.52],
    [91.48, 1.8],
    [9.96, 1],
  ],
  'per channel': [
    [97.85, 0.42],
    [97.85, 0.42],
    [97.7, 0.42],
    [97.78, 0.26],
    [95.89, 1],
    [48.5, 6.3],
  ],
  'dynamic fixed point': [
    [97.85, 0.42],
    [97.74, 0.42],
    [97.74, 0.42],
    [97.37, 0.3],
    [95.63, 0.7],
    [62.7, 5.7],
  ],
};

const seeds = Number(process.argv[2] ?? 5);
const epochs = Number(process.argv[3] ?? 60);
const runtime = await enable();
await runtime.load('quant');
const digits = await loadDigits();

type Part = Readonly<{ x: tf.Tensor; y: tf.Tensor }>;

/** Images in a random order, three of ten of each class for testing. */
function split(key: random.Key): { train: Part; test: Part } {
  const { images, labels } = digits;
  const order = random.permutation(key, labels.length);
  const taken = new Map<number, number>();
  const parts = { train: [] as number[], test: [] as number[] };
  for (const image of order) {
    const label = labels[image]!;
    const count = taken.get(label) ?? 0;
    taken.set(label, count + 1);
    parts[count < 54 ? 'test' : 'train'].push(image);
  }
  const of = (list: readonly number[]): Part => ({
    x: tf.tensor2d(
      Float32Array.from(list.flatMap((image) => Array.from(images.subarray(image * 64, image * 64 + 64), (value) => value / 16))),
      [list.length, 64],
    ),
    y: tf.tensor1d(
      list.map((image) => labels[image]!),
      'int32',
    ),
  });
  return { train: of(parts.train), test: of(parts.test) };
}

function network(key: random.Key): SequentialLayer {
  const keys = random.split(key, 3);
  return sequential([
    dense(64, 128, { activation: 'relu', key: keys[0] }),
    dense(128, 128, { activation: 'relu', key: keys[1] }),
    dense(128, 10, { key: keys[2] }),
  ]);
}

async function percent(net: Layer, data: Part): Promise<number> {
  return 100 * (await evaluate(net, data, { metrics: { accuracy } })).metrics['accuracy']!;
}

/** The largest size of any weight and activation. */
function largestOf(net: SequentialLayer, x: tf.Tensor): number {
  return tf.tidy(() => {
    const sizes: number[] = [];
    net.layers.reduce((value, layer) => {
      for (const tensor of [value, layer.variables['weight']!]) sizes.push(tf.max(tf.abs(tensor)).dataSync()[0]!);
      return layer.apply(value);
    }, x);
    return Math.max(...sizes);
  });
}

/** One power of two for everything. */
function staticFixedPoint(largest: number, bits: number): SimulateOptions {
  const fraction = bits - 1 - Math.ceil(Math.log2(largest));
  const half = 2 ** (bits - 1);
  const constant: Observer = {
    name: 'constant',
    init: () => 0,
    update: () => 0,
    range: () => ({ min: -half / 2 ** fraction, max: (half - 1) / 2 ** fraction }),
  };
  return {
    weights: { bits, range: 'fixedPoint', granularity: 'tensor', fraction },
    activations: { bits, observer: constant },
  };
}

const results = new Map<string, number[]>();
const note = (name: string, value: number): void => void results.set(name, [...(results.get(name) ?? []), value]);
for (let seed = 0; seed < seeds; seed++) {
  const [forSplit, forNet] = random.split(random.key(seed), 2);
  const { train, test } = split(forSplit);
  const net = network(forNet);
  for await (const event of fit(net, train, { optimizer: adam({ learningRate: 2e-3 }), batchSize: 64, epochs, seed }))
    if (event.type === 'end') note('float', await percent(net, test));
  for (const [name, options] of Object.entries(methods))
    for (const bits of widths) note(`${name} ${bits}`, await percent(await simulate(net, { ...options(bits), calibrate: train.x }), test));
  const largest = largestOf(net, train.x);
  for (const bits of widths)
    note(
      `static fixed point ${bits}`,
      await percent(await simulate(net, { ...staticFixedPoint(largest, bits), calibrate: train.x }), test),
    );
  net.dispose();
  tf.dispose([train.x, train.y, test.x, test.y]);
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values: readonly number[]): number =>
  Math.sqrt(values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / Math.max(values.length - 1, 1));
const show = (values: readonly number[]): string => `${mean(values).toFixed(2)} ± ${deviation(values).toFixed(2)}`;

const lines = [
  '# Accuracy against bits: UCI digits',
  '',
  `Percent of 540 test images, post-training, weights and activations of equal width; means ± standard deviations of ${seeds} seeds. Float: ${show(results.get('float')!)} (table: 97.85 ± 0.42).`,
  '',
  '| bits | method | here | table | difference | within the band |',
  '|---|---|---|---|---|---|',
];
for (const name of Object.keys(methods)) {
  widths.forEach((bits, index) => {
    const own = results.get(`${name} ${bits}`)!;
    const [theirs, spread] = published[name]![index]!;
    const difference = mean(own) - theirs;
    lines.push(
      `| ${bits} | ${name} | ${show(own)} | ${theirs} ± ${spread} | ${difference.toFixed(2)} | ${Math.abs(difference) <= 3 * spread ? 'yes' : 'no'} |`,
    );
  });
}
lines.push(
  '',
  "The table is another program's, of five seeds; a band is three of its standard deviations (±1 where it has none).",
  '',
  `Static fixed point, one power of two for all layers: ${widths.map((bits) => `${bits} bits ${show(results.get(`static fixed point ${bits}`)!)}`).join(', ')}.`,
  '',
  `Command: \`pnpm --filter @x/quant reproduce:digits ${seeds} ${epochs}\`; seeds 0 to ${seeds - 1}; ${new Date().toISOString().slice(0, 10)}; ${cpus()[0]?.model}, tier ${runtime.tier}, ${runtime.threads} threads.`,
  '',
);
console.log(lines.join('\n'));
await writeFile(new URL('results/digits.md', import.meta.url), lines.join('\n'));
process.exit(0);
