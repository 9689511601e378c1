import type { Kernels } from '../runtime/kernels.ts';

/** Elements of a work item: see wasm/dense/adam.ts. */
const ITEM = 4096;

/** Addresses of what a step changes in place, over `count` elements. */
export interface AdamTensors {
  readonly value: number;
  readonly gradient: number;
  readonly m: number;
  readonly v: number;
  readonly count: number;
}

/** Constants of one step. */
export interface AdamStep {
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
export function adamStep(kernels: Kernels, tensors: readonly AdamTensors[], step: AdamStep): void {
  const { learningRate, beta1, beta2, weightDecay, decoupled } = step;
  const { threads, heap } = kernels;
  const bytes = tensors.length * 20;
  const table = heap.allocate(bytes);
  let items = 0;
  tensors.forEach(({ value, gradient, m, v, count }, index) => {
    heap.words.set([value, gradient, m, v, count], table / 4 + index * 5);
    items += Math.ceil(count / ITEM);
  });
  const p = threads.parameters();
  const { words, floats } = threads;
  words[p] = table;
  floats[p + 1] = learningRate / (1 - beta1 ** step.step);
  floats[p + 2] = decoupled ? 0 : weightDecay;
  floats[p + 3] = decoupled ? 1 - learningRate * weightDecay : 1;
  floats[p + 4] = beta1;
  floats[p + 5] = 1 - beta1;
  floats[p + 6] = beta2;
  floats[p + 7] = 1 - beta2;
  floats[p + 8] = 1 / Math.sqrt(1 - beta2 ** step.step);
  floats[p + 9] = step.epsilon;
  threads.run(kernels.number('f32_adam'), items, 2);
  heap.release(table, bytes);
}
