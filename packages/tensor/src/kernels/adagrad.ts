import type { Kernels } from '../runtime/kernels.ts';

/** Elements of a work item: see wasm/dense/adagrad.ts. */
const ITEM = 4096;

/** Addresses and constants of one step over `count` elements. */
export interface AdagradStep {
  readonly value: number;
  readonly gradient: number;
  readonly square: number;
  readonly count: number;
  readonly learningRate: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

/** g = g + weightDecay·w; square += g²; w -= learningRate·g / (sqrt(square) + epsilon), in place. */
export function adagradStep(kernels: Kernels, step: AdagradStep): void {
  const { threads } = kernels;
  const p = threads.parameters();
  threads.words.set([step.value, step.gradient, step.square, step.count], p);
  threads.floats.set([step.learningRate, step.weightDecay, step.epsilon], p + 4);
  threads.run(kernels.number('f32_adagrad'), Math.ceil(step.count / ITEM), 2);
}
