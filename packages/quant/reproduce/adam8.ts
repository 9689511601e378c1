/**
 * Training with Adam's state in 32 bits, and in 8 bits of both codes: an MLP on Fashion-MNIST, and a small character transformer, from the same start and on the same batches.
 *
 *   pnpm --filter @x/quant reproduce:adam8 <tiny-shakespeare.txt> [--epochs 4] [--steps 800] [--seeds 3]
 *
 * Results go to reproduce/results/adam8.md.
 */
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { accuracy, adam, adamw, enable, evaluate, fit, type Layer, type Optimizer } from '@x/tensor';
import { loadFashionMnist, type ImagePart } from '@x-tooling/datasets';
import { adam8bit } from '../src/index.ts';
import { charTransformer, train, type TrainingOptions } from './char-transformer.ts';
import { imageNetwork } from './image-network.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { epochs: { type: 'string', default: '4' }, steps: { type: 'string', default: '800' }, seeds: { type: 'string', default: '3' } },
});
const [file] = positionals;
if (file === undefined) throw new Error('Usage: reproduce:adam8 <tiny-shakespeare.txt>');

const runtime = await enable();
await runtime.load('quant');

type Way = '32 bits' | 'dynamic' | 'float8';
const ways: readonly Way[] = ['32 bits', 'dynamic', 'float8'];

const { train: images, test } = await loadFashionMnist();
const data = ({ images, labels }: ImagePart): { x: Uint8Array; y: Int32Array; transform: (x: tf.Tensor) => tf.Tensor } => ({
  ...{ x: images, y: Int32Array.from(labels) },
  transform: (x) => tf.div(x, 255),
});

async function trainedOnImages(way: Way, seed: number): Promise<Layer> {
  const net = imageNetwork('mlp', seed);
  const optimizer: Optimizer = way === '32 bits' ? adam() : adam8bit({ code: way, least: 0 });
  for await (const event of fit(net, data(images), { optimizer, batchSize: 128, epochs: Number(values.epochs), seed })) void event;
  return net;
}

const rows: string[] = [];
async function judged(name: string, seed: number, way: Way, results: ReturnType<typeof evaluate>): Promise<void> {
  const { loss, metrics } = await results;
  rows.push(`| ${name} | ${seed} | ${way} | ${loss.toFixed(4)} | ${(100 * metrics['accuracy']!).toFixed(2)} % |`);
  console.error(rows.at(-1));
}

for (let seed = 1; seed <= Number(values.seeds); seed++) {
  for (const way of ways) {
    const net = await trainedOnImages(way, seed);
    await judged('MLP', seed, way, evaluate(net, data(test), { metrics: { accuracy }, batchSize: 500 }));
    net.dispose();
  }
  for (const way of ways) {
    const text = await charTransformer(file, { width: 64, layers: 2, seed });
    const make = (options: TrainingOptions): Optimizer =>
      way === '32 bits' ? adamw(options) : adam8bit({ ...options, code: way, least: 0 });
    train(text.net, text.training, { steps: Number(values.steps), make });
    await judged('transformer', seed, way, evaluate(text.net, text.validation(384), { metrics: { accuracy } }));
    text.net.dispose();
  }
}
await writeFile(
  new URL('results/adam8.md', import.meta.url),
  `# Training with an 8-bit state

Adam's two running means in 32 bits, and in 8 bits by either code; all parameters, biases too. Loss and right answers on the test images, and on 24,576 characters of
the last tenth of the text.

| network | seed | state | loss | right |
|---|---|---|---|---|
${rows.join('\n')}

Command: \`pnpm --filter @x/quant reproduce:adam8 <file> --epochs ${values.epochs} --steps ${values.steps} --seeds ${values.seeds}\`; ${new Date().toISOString().slice(0, 10)}; ${cpus()[0]?.model.trim()}, tier ${runtime.tier}, ${runtime.threads} threads.
`,
);
process.exit(0);
