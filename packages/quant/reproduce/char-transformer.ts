import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import {
  adamw,
  assignVariables,
  dense,
  embeddingLayer,
  initializers,
  layerNormLayer,
  loadSafetensors,
  positionalEmbedding,
  random,
  schedules,
  sequential,
  trainable,
  trainStep,
  transformerBlock,
  type Batch,
  type Key,
  type Layer,
  type Optimizer,
  type SequentialLayer,
} from '@x/tensor';

export const LENGTH = 64;

export interface CharTransformer {
  /** Layers of 4 blocks, or as many as asked, that see 64 characters. */
  readonly net: SequentialLayer;
  /** Pieces of the first nine tenths of the text, at random places; and of the last, one after another. */
  training(step: number, count: number): Batch;
  validation(pieces: number): Iterable<Batch>;
}

export interface CharTransformerOptions {
  readonly width?: number;
  readonly layers?: number;
  readonly seed?: number;
}

/** The transformer of `@x/tensor`'s `reproduce:char` (width 128, 4 layers, 8 heads), and the text that it learns. */
export async function charTransformer(
  file: string,
  { width = 128, layers = 4, seed = 1 }: CharTransformerOptions = {},
): Promise<CharTransformer> {
  const text = await readFile(file, 'utf8');
  const alphabet = [...new Set(text)].sort();
  const numbers = new Map(alphabet.map((character, index) => [character, index]));
  const ids = Int32Array.from(text, (character) => numbers.get(character)!);
  const split = Math.floor(ids.length * 0.9);
  const key = random.key(seed);
  const batchOf = (of: Int32Array, starts: readonly number[]): Batch => {
    const rows = (shift: number): tf.Tensor => {
      const all = new Int32Array(starts.length * LENGTH);
      starts.forEach((start, index) => all.set(of.subarray(start + shift, start + shift + LENGTH), index * LENGTH));
      return tf.tensor2d(all, [starts.length, LENGTH], 'int32');
    };
    return { x: rows(0), y: rows(1) };
  };
  return {
    net: network(alphabet.length, width, layers, random.fold(key, 0)),
    training: (step, count) => {
      const words = random.bits(random.fold(random.fold(key, 1), step), count);
      return batchOf(
        ids.subarray(0, split),
        Array.from(words, (word) => word % (split - LENGTH)),
      );
    },
    validation: (pieces) => ({
      *[Symbol.iterator]() {
        for (let begin = 0; begin < pieces; begin += 32) {
          const starts = Array.from({ length: Math.min(32, pieces - begin) }, (_, index) => (begin + index) * LENGTH);
          const batch = batchOf(ids.subarray(split), starts);
          yield batch;
          tf.dispose([batch.x, batch.y]);
        }
      },
    }),
  };
}

function network(characters: number, width: number, layers: number, from: Key): SequentialLayer {
  const init = initializers.normal({ std: 0.02 });
  const part = (index: number): Key => random.fold(from, index);
  return sequential([
    embeddingLayer(characters, width, { key: part(0), init }),
    positionalEmbedding(LENGTH, width, { key: part(1), init }),
    ...Array.from({ length: layers }, (_, layer) =>
      transformerBlock(width, { key: part(2 + layer), heads: 8, causal: true, activation: 'relu' }),
    ),
    layerNormLayer(width),
    dense(width, characters, { key: part(2 + layers), init }),
  ]);
}

/** Weights of a checkpoint that `reproduce:char --resume` wrote. */
export async function loadTrained(net: SequentialLayer, file: string): Promise<void> {
  const { tensors } = await loadSafetensors(file);
  const named = Object.keys(net.variables).map((name): [string, tf.Tensor] => [name, (tensors[`model.${name}`] ?? tensors[name])!]);
  assignVariables(net.variables, Object.fromEntries(named));
  tf.dispose(tensors);
}

export interface TrainingOptions {
  readonly learningRate: (step: number) => number;
  readonly beta2: number;
  readonly weightDecay: number;
}

/** AdamW, or what `make` gives, with warm-up and cosine, as there. */
export function train(
  net: Layer,
  training: CharTransformer['training'],
  {
    steps,
    batch = 16,
    make = adamw,
    wrap = (own) => own,
  }: { steps: number; batch?: number; make?: (options: TrainingOptions) => Optimizer; wrap?: (own: Optimizer) => Optimizer },
): void {
  const rise = Math.ceil(steps / 20);
  const learningRate = schedules.warmUp(schedules.cosine(2e-3, steps - rise, { end: 1e-4 }), rise);
  const optimizer = wrap(make({ learningRate, beta2: 0.99, weightDecay: 0.1 }));
  const state = optimizer.init(trainable(net));
  for (let step = 0; step < steps; step++) {
    const { x, y } = training(step, batch);
    trainStep(net, { x, y }, { optimizer, state }).dispose();
    tf.dispose([x, y]);
  }
  tf.dispose(Object.values(state.slots).flatMap((slot) => Object.values(slot)));
}
