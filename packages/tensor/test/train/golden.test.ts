import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  adamw,
  conv2d,
  dense,
  disposeState,
  embeddingLayer,
  flatten,
  layerNormLayer,
  maxPool2d,
  positionalEmbedding,
  random,
  sequential,
  sgd,
  trainable,
  transformerBlock,
  trainStep,
  type Batch,
  type Layer,
  type Optimizer,
} from '../../src/index.ts';
import { useBackend } from '../backends.ts';
import { golden } from '../golden/golden.ts';

interface Curve {
  readonly losses: number[];
  /** How far PyTorch's own run in float32 was from these up to each step. */
  readonly strayed: number[];
}

const curves = golden<Record<'cnn' | 'transformer', Curve>>('training');
const BATCHES = 10;
const [weights, examples, key] = [random.key(71), random.key(72), random.key(0)];

/** Gives each variable the numbers that `make_training.py` draws for it; without a deviation it stays. */
function draw(net: Layer, deviations: readonly (number | undefined)[]): void {
  const variables = Object.values(net.variables);
  expect(variables.length).toBe(deviations.length);
  variables.forEach((variable, index) => {
    const std = deviations[index];
    if (std !== undefined) tf.tidy(() => variable.assign(random.normal(random.fold(weights, index), variable.shape, { std })));
  });
}

/** The losses of as many steps as the curve has. */
function losses(net: Layer, batches: readonly Batch[], optimizer: Optimizer, steps: number): number[] {
  const state = optimizer.init(trainable(net));
  const values = Array.from({ length: steps }, (_, step) => {
    const value = trainStep(net, batches[step % BATCHES]!, { optimizer, state });
    const [number] = value.dataSync();
    value.dispose();
    return number!;
  });
  disposeState(state);
  return values;
}

/**
 * Two runs in float32 differ by their rounding, and as training goes on by more: ours may stray from the exact curve four
 * times as far as PyTorch's own float32 run has at any step before, and by the rounding of a loss.
 */
function expectWithinRounding(actual: readonly number[], { losses, strayed }: Curve): void {
  actual.forEach((value, step) => {
    const allowed = 4 * strayed[step]! + 2 ** -22 * losses[step]!;
    expect(Math.abs(value - losses[step]!), `step ${step}: ${value}, PyTorch in float64 ${losses[step]}, allowed ${allowed}`).toBeLessThan(
      allowed,
    );
  });
}

describe('x wide', () => {
  beforeAll(() => useBackend('x wide'));

  test("100 steps of a convolutional network have PyTorch's losses, within the growth of rounding", { timeout: 240_000 }, () => {
    const net = sequential([
      conv2d(1, 32, 3, { key, activation: 'relu' }),
      maxPool2d(2),
      conv2d(32, 64, 3, { key, activation: 'relu' }),
      maxPool2d(2),
      flatten(),
      dense(1600, 128, { key, activation: 'relu' }),
      dense(128, 10, { key }),
    ]);
    draw(net, [0.3, 0.1, 0.06, 0.1, 0.025, 0.1, 0.1, 0.1]);
    const batches = tf.tidy(() => {
      const templates = random.normal(random.fold(examples, 1000), [10, 28, 28, 1]);
      const y = tf.tensor1d(
        Array.from({ length: 64 }, (_, index) => index % 10),
        'int32',
      );
      return Array.from({ length: BATCHES }, (_, index) => ({
        x: tf.add(tf.gather(templates, y), random.normal(random.fold(examples, index), [64, 28, 28, 1], { std: 0.5 })),
        y,
      }));
    });
    expectWithinRounding(losses(net, batches, sgd({ learningRate: 0.005 }), curves.cnn.losses.length), curves.cnn);
    tf.dispose(batches as unknown as tf.TensorContainer);
    net.dispose();
  });

  test(
    "100 steps of a transformer of 818,241 parameters have PyTorch's losses, within the growth of rounding",
    { timeout: 240_000 },
    () => {
      const [vocabulary, length] = [65, 64];
      const net = sequential([
        embeddingLayer(vocabulary, 128, { key }),
        positionalEmbedding(length, 128, { key }),
        ...[0, 1, 2, 3].map(() => transformerBlock(128, { key, heads: 8, causal: true, activation: 'relu' })),
        layerNormLayer(128),
        dense(128, vocabulary, { key }),
      ]);
      expect(Object.values(net.variables).reduce((sum, { size }) => sum + size, 0)).toBe(818_241);
      const block = [undefined, 0, 0.06, 0, 0.06, 0, undefined, 0, 0.06, 0, 0.04, 0];
      draw(net, [0.5, 0.5, ...block, ...block, ...block, ...block, undefined, 0, 0.06, 0]);
      const batches = Array.from({ length: BATCHES }, (_, index) => {
        const text = Array.from({ length: 16 }, (_, row) => row + 16 * index).map((row) =>
          Array.from({ length: length + 1 }, (_, place) => (row * 7 + ((row % 5) + 1) * place) % vocabulary),
        );
        const of = (begin: number): tf.Tensor =>
          tf.tensor2d(
            text.map((line) => line.slice(begin, begin + length)),
            [16, length],
            'int32',
          );
        return { x: of(0), y: of(1) };
      });
      expectWithinRounding(losses(net, batches, adamw({ learningRate: 1e-3 }), curves.transformer.losses.length), curves.transformer);
      tf.dispose(batches as unknown as tf.TensorContainer);
      net.dispose();
    },
  );
});
