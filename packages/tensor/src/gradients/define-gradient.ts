import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { savedOutput } from './saved-output.ts';

/** One lazily evaluated gradient per kernel input; tfjs calls only those on a path to a variable. */
export type InputGradients = Record<string, () => Tensor> | (() => Tensor)[];

/** A gradient rule with the types that tfjs's own `GradConfig` leaves open. */
export interface GradientRule<Saved extends readonly Tensor[], Attrs, Dy> {
  /** tfjs's name of the forward kernel. */
  readonly kernelName: string;
  /** Names of the kernel's inputs to keep for the backward pass, first in `saved`. */
  readonly inputsToSave?: readonly string[];
  /** Keep every input; only for kernels whose inputs are a list. */
  readonly saveAllInputs?: boolean;
  /** Which outputs to keep, after the inputs in `saved`. */
  readonly outputsToSave?: readonly boolean[];
  readonly gradFunc: (dy: Dy, saved: Saved, attrs: Attrs) => InputGradients;
}

/**
 * Turns a typed rule into the `GradConfig` that tfjs registers.
 *
 * This is the one place where tfjs's loose types (`dy` one tensor or a list, attributes of any type) are narrowed.
 */
export function defineGradient<Saved extends readonly Tensor[] = [], Attrs = object, Dy = Tensor>(
  rule: GradientRule<Saved, Attrs, Dy>,
): GradConfig {
  return rule as unknown as GradConfig;
}

/** Gradient of `y = f(x)` with one input `x`, of which `x` is kept. */
export function unaryGradient(kernelName: string, dx: (dy: Tensor, x: Tensor) => Tensor): GradConfig {
  return defineGradient<[Tensor]>({
    kernelName,
    inputsToSave: ['x'],
    gradFunc: (dy, [x]) => ({ x: () => dx(dy, x) }),
  });
}

/**
 * Gradient of `y = f(x)` with one input `x`, written in terms of `y`.
 *
 * @param f the operation itself, run once more where a gradient of this gradient is being taken
 */
export function unaryGradientOfOutput(kernelName: string, f: (x: Tensor) => Tensor, dx: (dy: Tensor, y: Tensor) => Tensor): GradConfig {
  return defineGradient<[Tensor, Tensor]>({
    kernelName,
    inputsToSave: ['x'],
    outputsToSave: [true],
    gradFunc: (dy, [x, y]) => ({
      x: () =>
        dx(
          dy,
          savedOutput(y, () => f(x)),
        ),
    }),
  });
}
