import { engine, getBackend, getGradient, getKernel, registerGradient, Square } from '@tensorflow/tfjs-core';
import type { GradConfig, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import { registerGradients } from '../gradients/register.ts';
import { BACKEND } from '../runtime/backend-name.ts';

/** Whether the current backend has a kernel of ours; where it hasn't, the operation is composed of tfjs's. */
export function hasKernel(name: string): boolean {
  return getKernel(name, getBackend()) != null;
}

/**
 * The same of a kernel of a family that is loaded on demand.
 *
 * @throws {Error} on our backend if the family is not loaded: the composed operation would be right, but slow without a reason.
 */
export function hasFamilyKernel(family: string, name: string): boolean {
  if (hasKernel(name)) return true;
  if (getBackend() !== BACKEND) return false;
  throw new Error(
    `The ${family} kernels are not loaded. Call \`await (await enable()).load('${family}')\` once, before the first operation that needs them.`,
  );
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
