import type { Kernels } from '../runtime/kernels.ts';

/** Elements of a work item: see wasm/dense/rmsprop.ts. */
const ITEM = 4096;

/** Addresses and constants of one step over `count` elements; `mean` and `buffer` are 0 if there is none. */
export interface RmspropStep {
  readonly value: number;
  readonly gradient: number;
  readonly square: number;
  /** Of the centered variant. */
  readonly mean: number;
  /** Of momentum. */
  readonly buffer: number;
  readonly count: number;
  readonly learningRate: number;
  /** Part of the running means that is kept. */
  readonly alpha: number;
  readonly epsilon: number;
  readonly momentum: number;
  readonly weightDecay: number;
}

/**
 * g = g + weightDecay·w; square = alpha·square + (1 - alpha)·g²; mean likewise of g; b = momentum·b + g / (sqrt(square - mean²)
 * + epsilon); w -= learningRate·b, in place.
 */
export function rmspropStep(kernels: Kernels, step: RmspropStep): void {
  const { threads } = kernels;
  const p = threads.parameters();
  threads.words.set([step.value, step.gradient, step.square, step.mean, step.buffer, step.count], p);
  threads.floats.set([step.learningRate, step.weightDecay, step.alpha, 1 - step.alpha, step.epsilon, step.momentum], p + 6);
  threads.run(kernels.number('f32_rmsprop'), Math.ceil(step.count / ITEM), 2);
}
