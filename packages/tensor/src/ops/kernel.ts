import { engine, getBackend, getGradient, getKernel, registerGradient, Square } from '@tensorflow/tfjs-core';
import type { GradConfig, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import { registerGradients } from '../gradients/register.ts';

/** Whether the current backend has a kernel of ours; where it hasn't, the operation is composed of tfjs's. */
export function hasKernel(name: string): boolean {
  return getKernel(name, getBackend()) != null;
}

/** Runs a kernel of ours by name. */
export function runKernel<Result extends Tensor | Tensor[]>(name: string, inputs: Record<string, Tensor>, attributes: object = {}): Result {
  return engine().runKernel<Tensor>(name, inputs, attributes as NamedAttrMap) as Result;
}

/** Gives tfjs the gradients of its own operations where it was loaded without them, as in plain Node. */
export function needGradients(): void {
  if (getGradient(Square) == null) registerGradients();
}

/** Gives tfjs the gradient of a kernel of ours, once; tfjs's registry is the only place that knows. */
export function needGradient(gradient: GradConfig): void {
  if (getGradient(gradient.kernelName) == null) registerGradient(gradient);
}
