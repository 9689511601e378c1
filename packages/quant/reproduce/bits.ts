/**
 * Accuracy of an MLP or of one of two CNNs at 16 to 2 bits, weights and activations of equal width: post-training in four ways, and trained for it.
 *
 *   pnpm --filter @x/quant reproduce:bits [fashion-mnist | a directory with MNIST's four files] [epochs, 8] [epochs for few bits, 2] [seed, 0]
 *     [--model mlp | cnn | mobile] [--trained 8,7,6,5,4,3,2] [--scratch]
 *
 * mlp: 784-256-128-10; cnn: convolutions 3x3 of 16 and 32 filters, each before a pool of 2, and 800-64-10; mobile: a convolution of 16 filters and eight pairs of a
 * depthwise and a pointwise one, up to 128 channels, batch normalization behind each. relu, Adam 1e-3, batches of 128, all 60,000 images, pixels / 255;
 * ranges from 512 of them. Trained for few bits means learned steps (LSQ) from the float network's weights, Adam 5e-4; 0 epochs
 * leave it out. With --scratch also from fresh weights, for as long and at the rate of the float network. Results are on the 10,000 test images, and go to reproduce/results/bits-<model>-<data>.md and .svg.
 */
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { accuracy, adam, assignVariables, enable, evaluate, fit, type Layer } from '@x/tensor';
import { loadFashionMnist, loadMnist, type ImagePart } from '@x-tooling/datasets';
import { fakeQuant, fixedPoint, quantize, simulate, squaredError, type SimulateOptions } from '../src/index.ts';
import { imageModels, imageNetwork, type ImageModel } from './image-network.ts';
import { lineChart } from './line-chart.ts';

const widths = [16, 8, 7, 6, 5, 4, 3, 2] as const;
const methods: Readonly<Record<string, (bits: number) => SimulateOptions>> = {
  'fixed point': (bits) => ({
    weights: { bits, granularity: 'tensor', range: 'fixedPoint' },
    activations: { bits, observer: fixedPoint() },
  }),
  'per tensor': (bits) => ({ weights: { bits, granularity: 'tensor' }, activations: { bits } }),
  'per channel': (bits) => ({ weights: { bits }, activations: { bits } }),
  'best ranges': (bits) => ({ weights: { bits, range: 'search' }, activations: { bits, observer: squaredError() } }),
};

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: 'mlp' },
    trained: { type: 'string', default: '8,7,6,5,4,3,2' },
    scratch: { type: 'boolean', default: false },
  },
});
const [source = 'fashion-mnist', epochs = '8', fewEpochs = '2', seedText = '0'] = positionals;
const model = imageModels.find((name) => name === flags.model);
if (!model) throw new RangeError(`--model is ${flags.model}, but must be one of ${imageModels.join(', ')}.`);
const seed = Number(seedText);
const runtime = await enable();
await runtime.load('quant');
const { train, test } = source === 'fashion-mnist' ? await loadFashionMnist() : await loadMnist({ directory: source });
const name = source === 'fashion-mnist' ? 'Fashion-MNIST' : 'MNIST';

const data = ({ images, labels }: ImagePart): { x: Uint8Array; y: Int32Array; transform: (x: tf.Tensor) => tf.Tensor } => ({
  ...{ x: images, y: Int32Array.from(labels) },
  transform: (x) => tf.div(x, 255),
});
const samples = tf.tidy(() => tf.div(tf.tensor2d(Float32Array.from(train.images.subarray(0, 512 * 784)), [512, 784]), 255));

async function percent(net: Layer): Promise<number> {
  return 100 * (await evaluate(net, data(test), { metrics: { accuracy }, batchSize: 500 })).metrics['accuracy']!;
}

async function trained(net: Layer, rate: number, epochs: number): Promise<void> {
  for await (const event of fit(net, data(train), { optimizer: adam({ learningRate: rate }), batchSize: 128, epochs, seed }))
    if (event.type === 'epoch') console.error(`  epoch ${event.epoch}`);
}

const net = imageNetwork(model, seed);
await trained(net, 1e-3, Number(epochs));
const float = await percent(net);
const columns: Record<string, (number | undefined)[]> = {};
for (const [method, options] of Object.entries(methods)) {
  columns[method] = [];
  for (const bits of widths) columns[method].push(await percent(await simulate(net, { ...options(bits), calibrate: samples })));
  console.error(method, columns[method].map((value) => value?.toFixed(2)).join(' '));
}
/** Trains a network for each width asked for, from the float network's weights or from fresh ones. */
async function trainedForFew(start: 'float' | 'fresh', rate: number, epochs: number): Promise<(number | undefined)[]> {
  const values: (number | undefined)[] = [];
  for (const bits of widths) {
    if (epochs === 0 || !flags.trained.split(',').includes(String(bits))) {
      values.push(undefined);
      continue;
    }
    const own = imageNetwork(model as ImageModel, seed);
    if (start === 'float') assignVariables(own.variables, net.variables);
    const quantized = fakeQuant(own, { weights: bits, activations: bits });
    await trained(quantized, rate, epochs);
    values.push(await percent(quantized));
    console.error(`trained for ${bits} bits from ${start} weights: ${values.at(-1)?.toFixed(2)}`);
    quantized.dispose();
  }
  return values;
}
const few = await trainedForFew('float', 5e-4, Number(fewEpochs));
if (few.some((value) => value !== undefined)) columns['trained for it'] = few;
const fresh = await trainedForFew('fresh', 1e-3, flags.scratch ? Number(epochs) : 0);
if (fresh.some((value) => value !== undefined)) columns['from scratch'] = fresh;
const int8 = await quantize(net, { calibrate: samples });
const int4 = await quantize(net, { scheme: 'int4', calibrate: samples });
const [of8, of4] = [await percent(int8), await percent(int4)];

const file = `bits-${model}-${name.toLowerCase()}`;
const shown = (value: number | undefined): string => (value === undefined ? '' : value.toFixed(2));
const report = [
  `# Accuracy against bits: ${model.toUpperCase()} on ${name}`,
  '',
  `Percent of 10,000 test images; weights and activations of equal width. Float: ${float.toFixed(2)} %.`,
  '',
  `| bits | ${Object.keys(columns).join(' | ')} |`,
  `|---|${Object.keys(columns)
    .map(() => '---|')
    .join('')}`,
  ...widths.map(
    (bits, index) =>
      `| ${bits} | ${Object.values(columns)
        .map((values) => shown(values[index]))
        .join(' | ')} |`,
  ),
  '',
  `Run in integers: \`int8\` ${of8.toFixed(2)} %, ${((100 * int8.report().bytes) / int8.report().floatBytes).toFixed(1)} % of the bytes; \`int4\` (weights in groups, activations of 8 bits as they come) ${of4.toFixed(2)} %, ${((100 * int4.report().bytes) / int4.report().floatBytes).toFixed(1)} %.`,
  '',
  `![Accuracy against bits](${file}.svg)`,
  '',
  `Command: \`pnpm --filter @x/quant reproduce:bits ${source === 'fashion-mnist' ? source : '<directory of MNIST>'} ${epochs} ${fewEpochs} ${seed} --model ${model}${flags.trained === '8,7,6,5,4,3,2' ? '' : ` --trained ${flags.trained}`}${flags.scratch ? ' --scratch' : ''}\`; seed ${seed}; ${new Date().toISOString().slice(0, 10)}; ${cpus()[0]?.model}, tier ${runtime.tier}, ${runtime.threads} threads.`,
  '',
].join('\n');
console.log(report);
const folder = new URL('results/', import.meta.url);
await writeFile(new URL(`${file}.md`, folder), report);
const least = Math.floor((float - 20) / 5) * 5;
await writeFile(
  new URL(`${file}.svg`, folder),
  lineChart(
    `${model.toUpperCase()}, ${name}: accuracy in percent, all below ${least} drawn there`,
    'bits of weights and activations',
    widths.map(String),
    [
      ...Object.entries(columns).map(([column, values]) => ({ name: column, values })),
      { name: `float, ${float.toFixed(1)}`, values: widths.map(() => float) },
    ],
    [least, Math.ceil((float + 1) / 5) * 5],
  ),
);
process.exit(0);
