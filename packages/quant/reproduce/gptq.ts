/**
 * GPTQ against rounding to the nearest, in bits per character of a model of Tiny Shakespeare; weights of 4 and 3 bits,
 * activations in float.
 *
 *   pnpm --filter @x/quant reproduce:gptq <file of Tiny Shakespeare> [epochs, 3] [seed, 0]
 *
 * The model sees 16 characters, one-hot: 1040-384-384-65, relu, Adam 1e-3, batches of 256, on 200,000 random places of the first
 * nine tenths; bits per character over 20,000 places of the last. GPTQ and AWQ see 4,096 training places. Results go to
 * reproduce/results/gptq.md.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { adam, dense, enable, evaluate, fit, random, sequential, type Examples, type Layer } from '@x/tensor';
import { quantize, type WeightOptions } from '../src/index.ts';

const CONTEXT = 16;
const [file, epochs = '3', seedText = '0'] = process.argv.slice(2);
if (!file) throw new Error('Give the file of Tiny Shakespeare: reproduce:gptq <file> [epochs] [seed]');
const seed = Number(seedText);
const runtime = await enable();
await runtime.load('quant');
const text = await readFile(file, 'utf8');
const symbols = [...new Set(text)].sort();
const numbers = new Map(symbols.map((symbol, index) => [symbol, index]));
const codes = Int32Array.from(text, (symbol) => numbers.get(symbol)!);
const split = Math.floor(codes.length * 0.9);
const [forPlaces, ...forLayers] = random.split(random.key(seed), 4);

/** Contexts and what follows them, at random places of a part. */
function places(from: number, to: number, count: number, key: random.Key): Examples {
  const order = random.permutation(key, to - from - CONTEXT).subarray(0, count);
  const x = new Int32Array(count * CONTEXT);
  order.forEach((place, row) => x.set(codes.subarray(from + place, from + place + CONTEXT), row * CONTEXT));
  return {
    ...{ x, y: Int32Array.from(order, (place) => codes[from + place + CONTEXT]!), shape: [CONTEXT] },
    transform: oneHot,
  };
}

function oneHot(x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.reshape(tf.cast(tf.oneHot(tf.cast(x, 'int32'), symbols.length), 'float32'), [-1, CONTEXT * symbols.length]));
}

const [train, test] = [
  places(0, split, 200_000, random.fold(forPlaces, 0)),
  places(split, codes.length, 20_000, random.fold(forPlaces, 1)),
];
const net = sequential([
  dense(CONTEXT * symbols.length, 384, { activation: 'relu', key: forLayers[0]! }),
  dense(384, 384, { activation: 'relu', key: forLayers[1]! }),
  dense(384, symbols.length, { key: forLayers[2]! }),
]);
for await (const event of fit(net, train, { optimizer: adam(), batchSize: 256, epochs: Number(epochs), seed }))
  if (event.type === 'epoch') console.error(`  epoch ${event.epoch}: ${(event.loss / Math.LN2).toFixed(3)} bits`);

async function bitsPerCharacter(own: Layer): Promise<number> {
  return (await evaluate(own, test, { batchSize: 500 })).loss / Math.LN2;
}

const seen = tf.tensor2d((train.x as Int32Array).subarray(0, 4096 * CONTEXT), [4096, CONTEXT], 'int32');
const samples = oneHot(seen);
const methods: Readonly<Record<string, WeightOptions>> = {
  nearest: {},
  'nearest, searched ranges': { range: 'search' },
  AWQ: { method: 'awq' },
  GPTQ: { method: 'gptq' },
  'GPTQ, act-order': { method: 'gptq', actOrder: true },
  'GPTQ, searched ranges': { method: 'gptq', range: 'search' },
};
const float = await bitsPerCharacter(net);
const rows: string[] = [];
for (const bits of [4, 3]) {
  for (const [grouping, groupSize] of [
    ['channel', undefined],
    ['groups', 0],
  ] as const) {
    for (const [name, options] of Object.entries(methods)) {
      // By channel is int8's grid with fewer bits; int4's has groups.
      const scheme = groupSize === undefined ? 'int8' : 'int4';
      const q = await quantize(net, { scheme, calibrate: samples, activations: 'float', weights: { bits, ...options } });
      const reached = await bitsPerCharacter(q);
      const { bytes, floatBytes } = q.report();
      rows.push(
        `| ${bits} | ${grouping} | ${name} | ${reached.toFixed(4)} | ${(reached - float).toFixed(4)} | ${((100 * bytes) / floatBytes).toFixed(1)} % |`,
      );
      console.error(rows.at(-1));
      q.dispose();
    }
  }
}
const report = [
  '# GPTQ against rounding to the nearest',
  '',
  `Bits per character over 20,000 held-out places of Tiny Shakespeare; float: ${float.toFixed(4)}. Weights only; 3 bits are stored in 4.`,
  '',
  '| bits | steps by | rounding | bits per character | more than float | bytes of float |',
  '|---|---|---|---|---|---|',
  ...rows,
  '',
  `Command: \`pnpm --filter @x/quant reproduce:gptq <file> ${epochs} ${seed}\`; seed ${seed}; ${new Date().toISOString().slice(0, 10)}; ${cpus()[0]?.model}, tier ${runtime.tier}, ${runtime.threads} threads.`,
  '',
].join('\n');
console.log(report);
await writeFile(new URL('results/gptq.md', import.meta.url), report);
process.exit(0);
