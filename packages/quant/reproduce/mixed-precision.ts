/**
 * Training in float16, simulated exactly, beside float32: a CNN on Fashion-MNIST and a transformer of characters; with loss scaling and
 * without, and how large the gradients are.
 *
 *   pnpm --filter @x/quant reproduce:mixed <file of Tiny Shakespeare> [--epochs 1] [--steps 400] [--seed 0]
 *
 * CNN: that of reproduce:bits, Adam 1e-3, batches of 128. Transformer: 2 layers of width 64, AdamW, batches of 16 pieces of 64 characters.
 * The same weights, batches and rates in all three. Results go to reproduce/results/mixed-precision.md and .svg.
 */
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { accuracy, adam, assignVariables, enable, evaluate, fit, type Layer, type Optimizer } from '@x/tensor';
import { loadFashionMnist, type ImagePart } from '@x-tooling/datasets';
import { mixedPrecision, withLossScaling, type LayerPrecision, type MixedPrecisionNetwork } from '../src/index.ts';
import { charTransformer, train } from './char-transformer.ts';
import { imageNetwork } from './image-network.ts';
import { lineChart } from './line-chart.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { epochs: { type: 'string', default: '1' }, steps: { type: 'string', default: '400' }, seed: { type: 'string', default: '0' } },
});
const [file] = positionals;
if (!file) throw new Error('Give the file of Tiny Shakespeare: reproduce:mixed <file>');
const seed = Number(values.seed);
const runtime = await enable();
await runtime.load('storage');

interface Trained {
  readonly percent: number;
  readonly loss: number;
  readonly skipped: number;
  readonly report: readonly LayerPrecision[];
}

type Way = 'float32' | 'float16, loss scaled' | 'float16, not scaled';
const ways: readonly Way[] = ['float32', 'float16, loss scaled', 'float16, not scaled'];

/** A network, trained and judged one way. */
async function trained(
  net: Layer,
  way: Way,
  run: (own: Layer, wrap: (optimizer: Optimizer) => Optimizer) => Promise<void>,
  judge: (own: Layer) => ReturnType<typeof evaluate>,
): Promise<Trained> {
  let skipped = 0;
  const half =
    way === 'float32' ? undefined : mixedPrecision(net, { histograms: true, ...(way === 'float16, not scaled' && { lossScale: 1 }) });
  const options = {
    ...(way === 'float16, not scaled' && { growth: 1 }),
    onStep: (event: { readonly skipped: boolean }) => {
      if (event.skipped) skipped++;
    },
  };
  await run(half ?? net, (optimizer) => (half ? withLossScaling(half as MixedPrecisionNetwork, optimizer, options) : optimizer));
  const report = half?.report() ?? [];
  const { loss, metrics } = await judge(half ?? net);
  console.error(`${way}: ${(100 * metrics['accuracy']!).toFixed(2)} %, loss ${loss.toFixed(4)}, ${skipped} steps skipped`);
  return { percent: 100 * metrics['accuracy']!, loss, skipped, report };
}

const { train: images, test } = await loadFashionMnist();
const data = ({ images, labels }: ImagePart): { x: Uint8Array; y: Int32Array; transform: (x: tf.Tensor) => tf.Tensor } => ({
  ...{ x: images, y: Int32Array.from(labels) },
  transform: (x) => tf.div(x, 255),
});
const cnn = new Map<Way, Trained>();
for (const way of ways) {
  const run = async (own: Layer, wrap: (optimizer: Optimizer) => Optimizer): Promise<void> => {
    for await (const event of fit(own, data(images), { optimizer: wrap(adam()), batchSize: 128, epochs: Number(values.epochs), seed }))
      void event;
  };
  const judge = (own: Layer): ReturnType<typeof evaluate> => evaluate(own, data(test), { metrics: { accuracy }, batchSize: 500 });
  cnn.set(way, await trained(imageNetwork('cnn', seed), way, run, judge));
}
const text = await charTransformer(file, { width: 64, layers: 2, seed });
const start = tf.tidy(() =>
  Object.fromEntries(Object.entries(text.net.variables).map(([name, variable]) => [name, tf.keep(tf.clone(variable))])),
);
const characters = new Map<Way, Trained>();
for (const way of ways) {
  assignVariables(text.net.variables, start);
  const run = async (own: Layer, wrap: (optimizer: Optimizer) => Optimizer): Promise<void> =>
    train(own, text.training, { steps: Number(values.steps), wrap });
  characters.set(way, await trained(text.net, way, run, (own) => evaluate(own, text.validation(384), { metrics: { accuracy } })));
}

/** Sums over the layers of gradients of activations: all, those other than 0 that became 0, and how many have each exponent. */
function gradientsOf({ report }: Trained): { readonly values: number; readonly underflowed: number; readonly exponents: Float64Array } {
  const exponents = new Float64Array(255);
  for (const { gradients } of report) gradients.exponents.forEach((count, exponent) => (exponents[exponent]! += count));
  const sum = (of: 'values' | 'underflowed'): number => report.reduce((total, { gradients }) => total + gradients[of], 0);
  return { values: sum('values'), underflowed: sum('underflowed'), exponents };
}

function rows(name: string, results: ReadonlyMap<Way, Trained>): string[] {
  const float = results.get('float32')!;
  return Array.from(results, ([way, own]) => {
    const { values, underflowed, exponents } = gradientsOf(own);
    const lost = way === 'float32' ? '' : `${((100 * underflowed) / (values - exponents[0]!)).toFixed(2)} %`;
    const difference = way === 'float32' ? '' : (own.percent - float.percent).toFixed(2);
    return `| ${name} | ${way} | ${own.percent.toFixed(2)} % | ${difference} | ${own.loss.toFixed(4)} | ${lost} | ${own.skipped} |`;
  });
}
const report = [
  '# Training in float16',
  '',
  'Weights, activations and gradients stored as float16, float32 master weights and sums; right answers on the test images and on 24,576 characters of the last tenth of the text.',
  '',
  '| network | training | right | points from float32 | loss | gradients that vanish | steps skipped |',
  '|---|---|---|---|---|---|---|',
  ...rows('CNN', cnn),
  ...rows('transformer', characters),
  '',
  'Gradients that vanish: of those of activations that are not 0 in float32, the share that float16 stores as 0. Loss scaling starts at 65,536, as in PyTorch.',
  '',
  '![Sizes of gradients](mixed-precision.svg)',
  '',
  `Command: \`pnpm --filter @x/quant reproduce:mixed <file> --epochs ${values.epochs} --steps ${values.steps} --seed ${seed}\`; ${new Date().toISOString().slice(0, 10)}; ${cpus()[0]?.model}, tier ${runtime.tier}, ${runtime.threads} threads.`,
  '',
].join('\n');
console.log(report);
const folder = new URL('results/', import.meta.url);
await writeFile(new URL('mixed-precision.md', folder), report);
const shown = Array.from({ length: 48 }, (_, index) => index - 40);
const shares = (own: Trained): number[] => {
  const { values, exponents } = gradientsOf(own);
  return shown.map((exponent) => (100 * exponents[exponent + 127]!) / (values - exponents[0]!));
};
const series = [
  ...[cnn, characters].flatMap((results, index) =>
    (['float16, not scaled', 'float16, loss scaled'] as const).map((way) => ({
      name: `${index === 0 ? 'CNN' : 'text'}, ${way === 'float16, not scaled' ? 'not scaled' : 'scaled'}`,
      values: shares(results.get(way)!),
    })),
  ),
];
const most = Math.ceil(Math.max(...series.flatMap(({ values }) => values)) / 5) * 5;
await writeFile(
  new URL('mixed-precision.svg', folder),
  lineChart(
    'Gradients of activations other than 0 by size, percent; under 2⁻²⁵ float16 has only 0',
    'exponent of 2',
    shown.map((exponent) => (exponent % 8 === 0 ? String(exponent) : '')),
    series,
    [0, most],
  ),
);
process.exit(0);
