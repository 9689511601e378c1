/**
 * Inference of two networks, batch 64, one thread: int8 beside float32 here, onnxruntime-web's int8 (the same network, written by toOnnx)
 * and tfjs's wasm backend in float32, interleaved in one run.
 *
 *   pnpm --filter @x/quant reproduce:speed
 *
 * Networks: MLP 784-1024-1024-10, and the CNN of the demo. Results go to reproduce/results/speed.md.
 */
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { conv2d, dense, enable, flatten, maxPool2d, random, sequential, unflatten, type Layer } from '@x/tensor';
import { env, InferenceSession, Tensor as OrtTensor } from 'onnxruntime-web';
import { quantize } from '../src/index.ts';
import { toOnnx } from '../src/onnx.ts';

const BATCH = 64;
const SECONDS = 3;
const [a, b, c, d] = random.split(random.key(0), 4);

const networks: Readonly<Record<string, () => Layer>> = {
  'MLP 784-1024-1024-10': () =>
    sequential([
      dense(784, 1024, { key: a, activation: 'relu' }),
      dense(1024, 1024, { key: b, activation: 'relu' }),
      dense(1024, 10, { key: c }),
    ]),
  'CNN 3x3x32, pool, 3x3x64, pool, 128, 10': () =>
    sequential([
      ...[unflatten([28, 28, 1]), conv2d(1, 32, 3, { key: a, activation: 'relu' }), maxPool2d(2)],
      ...[conv2d(32, 64, 3, { key: b, activation: 'relu' }), maxPool2d(2), flatten()],
      ...[dense(1600, 128, { key: c, activation: 'relu' }), dense(128, 10, { key: d })],
    ]),
};

/** Median times in milliseconds of runs one after the other, round by round. */
async function medians(candidates: Readonly<Record<string, () => unknown>>): Promise<Record<string, number>> {
  const times: Record<string, number[]> = {};
  const end = performance.now() + SECONDS * 1000;
  for (let round = 0; performance.now() < end; round++) {
    for (const [name, run] of Object.entries(candidates)) {
      const began = performance.now();
      await run();
      if (round > 2) (times[name] ??= []).push(performance.now() - began);
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, all]) => [name, all.sort((x, y) => x - y)[all.length >> 1] as number]));
}

function running(net: Layer, x: tf.Tensor): () => void {
  return () => {
    const y = net.apply(x);
    y.dataSync();
    y.dispose();
  };
}

env.wasm.numThreads = 1;
const runtime = await enable({ threads: 1 });
await runtime.load('quant');
const rows: string[] = [];
for (const [name, make] of Object.entries(networks)) {
  await tf.setBackend('x');
  const net = make();
  const x = random.uniform(random.key(1), [BATCH, 784]);
  const q = await quantize(net, { calibrate: x });
  const session = await InferenceSession.create(toOnnx(q), { executionProviders: ['wasm'], logSeverityLevel: 3 });
  const values = Float32Array.from(x.dataSync());
  const onnxruntime = async (): Promise<void> => void (await session.run({ x: new OrtTensor('float32', values, [BATCH, 784]) }));
  const here = await medians({ 'float32 here': running(net, x), 'int8 here': running(q, x), 'int8, onnxruntime-web': onnxruntime });
  for (const own of [net, q, x]) own.dispose();
  await tf.setBackend('wasm');
  const theirs = make();
  const input = tf.tensor2d(values, [BATCH, 784]);
  const there = await medians({ 'float32, tfjs wasm': running(theirs, input) });
  for (const own of [theirs, input]) own.dispose();
  await session.release();
  const ours = here['int8 here'] as number;
  for (const [label, milliseconds] of Object.entries({ ...here, ...there })) {
    rows.push(`| ${name} | ${label} | ${milliseconds.toFixed(2)} | ${(milliseconds / ours).toFixed(2)} |`);
    console.error(rows.at(-1));
  }
}
await writeFile(
  new URL('results/speed.md', import.meta.url),
  `# Inference in int8

Batch ${BATCH}, one thread, medians.

| network | what | ms | over int8 here |
|---|---|---|---|
${rows.join('\n')}

Command: \`pnpm --filter @x/quant reproduce:speed\`; ${new Date().toISOString().slice(0, 10)}; ${cpus()[0]?.model.trim()}, tier ${runtime.tier}, onnxruntime-web ${env.versions.web ?? ''}, Node ${process.versions.node}.
`,
);
process.exit(0);
