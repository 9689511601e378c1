/**
 * Lazy neurons: which part of the activations between the two dense layers of a transformer's blocks is not 0 once it is
 * trained, by layer, and what skipping the others saves for one character at a time.
 *
 *   pnpm --filter @x/sparse reproduce:lazy-neurons [--data tinyshakespeare.txt] [--steps 1000] [--seed 0]
 *
 * A transformer of characters, 4 layers of 128 with 8 heads and 512 relu units, context 64, AdamW, batches of 16, on Tiny
 * Shakespeare. The paper's are larger (T5-Base 3.0 %, ViT-B/16 6.3 % non-zero), and sparser the larger they are.
 *
 * Z. Li et al., "The Lazy Neuron Phenomenon", 2022, arXiv 2210.06313.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import {
  adamw,
  dense,
  embeddingLayer,
  enable,
  layerNormLayer,
  linear,
  positionalEmbedding,
  random,
  schedules,
  sequential,
  trainable,
  trainStep,
  transformerBlock,
  type Layer,
  type SequentialLayer,
} from '@x/tensor';
import { activeLinear } from '@x/tensor/sparse';
import { openJournal } from './journal.ts';

const [LENGTH, WIDTH, LAYERS, BATCH] = [64, 128, 4, 16] as const;
const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: fileURLToPath(new URL('../../../../shared/data/tinyshakespeare.txt', import.meta.url)) },
    steps: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '0' },
  },
});
interface Result {
  /** Mean over the last tenth of the steps, in nats a character. */
  readonly loss: number;
  /** By layer, before training and after. */
  readonly first: readonly number[];
  readonly trained: readonly number[];
  /** By layer, microseconds of the second dense layer for one character, reading all weights and those of active units. */
  readonly linear: readonly number[];
  readonly active: readonly number[];
}

const runtime = await enable();
await runtime.load('sparse');
const text = await readFile(options.data, 'utf8');
const alphabet = [...new Set(text)].sort();
const ids = Int32Array.from(text, (character) => alphabet.indexOf(character));
const [steps, seed] = [Number(options.steps), Number(options.seed)];
const journal = openJournal<Result>('lazy-neurons', runtime, 60);

await journal.add(`${steps} steps, seed ${seed}`, () => {
  const key = random.key(seed);
  const blocks = Array.from({ length: LAYERS }, (_, layer) =>
    transformerBlock(WIDTH, { key: random.fold(key, layer), heads: 8, causal: true, activation: 'relu' }),
  );
  const before = [
    embeddingLayer(alphabet.length, WIDTH, { key: random.fold(key, 10) }),
    positionalEmbedding(LENGTH, WIDTH, { key: random.fold(key, 11) }),
  ];
  const net = sequential([...before, ...blocks, layerNormLayer(WIDTH), dense(WIDTH, alphabet.length, { key: random.fold(key, 12) })]);
  const rise = Math.ceil(steps / 20);
  const optimizer = adamw({
    learningRate: schedules.warmUp(schedules.cosine(2e-3, steps - rise, { end: 1e-4 }), rise),
    beta2: 0.99,
    weightDecay: 0.1,
  });
  const state = optimizer.init(trainable(net));
  // The last tenth of the text is seen by no step.
  const learned = Math.floor(0.9 * ids.length);
  const held = pieces(Array.from({ length: 64 }, (_, i) => learned + i * LENGTH));
  const first = hidden(before, blocks, held.x).map(part);
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const words = random.bits(random.fold(random.fold(key, 13), step), BATCH);
    const batch = pieces(Array.from(words, (word) => word % (learned - LENGTH - 1)));
    const loss = trainStep(net, batch, { optimizer, state });
    losses.push(loss.dataSync()[0]!);
    tf.dispose([batch.x, batch.y, loss]);
  }
  const active = hidden(before, blocks, held.x);
  const last = losses.slice(-Math.ceil(steps / 10));
  return Promise.resolve({
    loss: last.reduce((sum, loss) => sum + loss, 0) / last.length,
    first,
    trained: active.map(part),
    ...times(active, blocks),
  });
});
for (const [name, { result }] of journal.runs) {
  console.log(
    `${name}, loss ${result.loss.toFixed(3)}\n| layer | not 0 at first | trained | linear | activeLinear | |\n|---|---|---|---|---|---|`,
  );
  result.trained.forEach((part, layer) =>
    console.log(
      `| ${layer} | ${percent(result.first[layer]!)} | ${percent(part)} | ${result.linear[layer]!.toFixed(1)} us | ${result.active[layer]!.toFixed(1)} us | ${(result.linear[layer]! / result.active[layer]!).toFixed(2)}x |`,
    ),
  );
}
process.exit(0);

function percent(part: number): string {
  return `${(100 * part).toFixed(1)} %`;
}

/** Pieces of the text that begin at some places, and what follows each character. */
function pieces(starts: readonly number[]): { x: tf.Tensor; y: tf.Tensor } {
  const from = (shift: number): tf.Tensor =>
    tf.tensor2d(
      Int32Array.from(starts.flatMap((start) => [...ids.subarray(start + shift, start + shift + LENGTH)])),
      [starts.length, LENGTH],
      'int32',
    );
  return { x: from(0), y: from(1) };
}

/** The activations between the two dense layers of each block, [characters, units], which stay until the process ends. */
function hidden(before: readonly Layer[], blocks: readonly SequentialLayer[], x: tf.Tensor): tf.Tensor[] {
  return tf.tidy(() => {
    let stream = before.reduce((value, layer) => layer.apply(value), x);
    return blocks.map((block) => {
      const [attend, feed] = block.layers as [Layer, Layer];
      const [norm, expand] = within(feed);
      stream = attend.apply(stream);
      const units = expand.apply(norm.apply(stream));
      stream = feed.apply(stream);
      return tf.reshape(units, [-1, units.shape.at(-1)!]);
    });
  });
}

/** Normalization and the two dense layers of a block's second half. */
function within(residual: Layer): readonly [Layer, Layer, Layer] {
  return (residual.parts!['inner'] as SequentialLayer).layers as [Layer, Layer, Layer];
}

function part(units: tf.Tensor): number {
  return tf.tidy(() => tf.mean(tf.cast(tf.notEqual(units, 0), 'float32')).dataSync()[0]!);
}

/** Medians over 200 characters, in turns. */
function times(active: readonly tf.Tensor[], blocks: readonly SequentialLayer[]): Pick<Result, 'linear' | 'active'> {
  const all = active.map((units, layer) => {
    const [, , shrink] = within(blocks[layer]!.layers[1]!);
    const { weight, bias } = shrink.variables as { weight: tf.Variable; bias: tf.Variable };
    const took = [linear, activeLinear].map(() => [] as number[]);
    for (let i = -100; i < 200; i++) {
      const row = tf.slice(units, [Math.abs(i), 0], [1, -1]);
      [linear, activeLinear].forEach((product, which) => {
        const began = performance.now();
        product(row, weight, bias).dispose();
        if (i >= 0) took[which]!.push(1000 * (performance.now() - began));
      });
      row.dispose();
    }
    return took.map((own) => own.sort((a, b) => a - b)[own.length >> 1]!);
  });
  return { linear: all.map(([whole]) => whole!), active: all.map(([, skipping]) => skipping!) };
}
