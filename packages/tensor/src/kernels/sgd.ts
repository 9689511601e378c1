import type { Kernels } from '../runtime/kernels.ts';

/** Elements of a work item: see wasm/dense/sgd.ts. */
const ITEM = 4096;

/** Addresses and constants of one step over `count` elements; `velocity` is 0 if there is none. */
export interface SgdStep {
  readonly value: number;
  readonly gradient: number;
  readonly velocity: number;
  readonly count: number;
  readonly learningRate: number;
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
  readonly weightDecay: number;
}

/** d = g + weightDecay·w; v = momentum·v + (1 - dampening)·d; w -= learningRate·(nesterov ? d + momentum·v : v), in place; without velocity w -= learningRate·d. */
export function sgdStep(kernels: Kernels, step: SgdStep): void {
  const { threads } = kernels;
  const p = threads.parameters();
  const { words, floats } = threads;
  words[p] = step.value;
  words[p + 1] = step.gradient;
  words[p + 2] = step.velocity;
  words[p + 3] = step.count;
  floats[p + 4] = step.learningRate;
  floats[p + 5] = step.weightDecay;
  floats[p + 6] = step.momentum;
  floats[p + 7] = 1 - step.dampening;
  words[p + 8] = step.nesterov ? 1 : 0;
  threads.run(kernels.number('f32_sgd'), Math.ceil(step.count / ITEM), 3);
}
