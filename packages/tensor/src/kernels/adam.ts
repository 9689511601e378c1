import type { Kernels } from '../runtime/kernels.ts';

/** Elements of a work item: see wasm/dense/adam.ts. */
const ITEM = 4096;

/** Addresses and constants of one step over `count` elements. */
export interface AdamStep {
  readonly value: number;
  readonly gradient: number;
  readonly m: number;
  readonly v: number;
  readonly count: number;
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Counted from 1, for the correction of the bias. */
  readonly step: number;
  readonly weightDecay: number;
  /** AdamW: the weights decay by themselves, not by way of the gradient. */
  readonly decoupled: boolean;
}

/**
 * m = b1·m + (1 - b1)·g; v = b2·v + (1 - b2)·g²; w -= learningRate·(m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon), in
 * place. Weight decay is added to g before, or, decoupled, w is multiplied by 1 - learningRate·weightDecay.
 */
export function adamStep(kernels: Kernels, step: AdamStep): void {
  const { learningRate, beta1, beta2, weightDecay, decoupled } = step;
  const { threads } = kernels;
  const p = threads.parameters();
  const { words, floats } = threads;
  words[p] = step.value;
  words[p + 1] = step.gradient;
  words[p + 2] = step.m;
  words[p + 3] = step.v;
  words[p + 4] = step.count;
  floats[p + 5] = learningRate / (1 - beta1 ** step.step);
  floats[p + 6] = decoupled ? 0 : weightDecay;
  floats[p + 7] = decoupled ? 1 - learningRate * weightDecay : 1;
  floats[p + 8] = beta1;
  floats[p + 9] = 1 - beta1;
  floats[p + 10] = beta2;
  floats[p + 11] = 1 - beta2;
  floats[p + 12] = 1 / Math.sqrt(1 - beta2 ** step.step);
  floats[p + 13] = step.epsilon;
  threads.run(kernels.number('f32_adam'), Math.ceil(step.count / ITEM), 2);
}
