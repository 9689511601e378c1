import type { Tensor } from '@tensorflow/tfjs-core';
import type { Gradients } from './optimizer.ts';

/** Gradients of the same names, each made of one. */
export function mapGradients(gradients: Gradients, change: (gradient: Tensor, name: string) => Tensor): Gradients {
  return Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, change(gradient, name)]));
}
