import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { disposeState } from '@x/tensor';
import { expect, it } from 'vitest';
import { optimizerFor, recipe } from '../src/recipe.ts';

/** How far each step moves a parameter whose gradient is always 1: the learning rate, and its share of the decay. */
function moves(steps: number): number[] {
  const p = tf.variable(tf.scalar(0));
  const optimizer = optimizerFor(steps);
  const state = optimizer.init({ p });
  const moved = Array.from({ length: steps }, () => {
    p.assign(tf.scalar(0)); // where there is nothing to decay
    tf.tidy(() => optimizer.update({ p }, { p: tf.scalar(1) }, state));
    return -p.dataSync()[0]!;
  });
  disposeState(state);
  p.dispose();
  return moved;
}

it('raises the learning rate to its peak, then lets it fall to almost 0', () => {
  const steps = 40;
  const rates = moves(steps);
  const peak = recipe.warmUp * steps - 1;
  expect(rates[0]).toBeCloseTo(recipe.peakLearningRate / (peak + 1), 7);
  expect(rates[peak]).toBeCloseTo(recipe.peakLearningRate, 7);
  for (let step = 1; step < steps; step++) {
    if (step <= peak) expect(rates[step]).toBeGreaterThan(rates[step - 1]!);
    if (step > peak + 1) expect(rates[step]).toBeLessThan(rates[step - 1]!);
  }
  expect(rates.at(-1)).toBeLessThan(recipe.peakLearningRate / 100);
});

it('is defined for a run of a single step', () => {
  expect(moves(1)[0]).toBeCloseTo(recipe.peakLearningRate, 7);
});
