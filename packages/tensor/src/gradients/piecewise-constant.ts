import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from './define-gradient.ts';

/**
 * Kernels that are constant almost everywhere: their gradient is zero, so that a model may hold one beside a path that
 * does train. Rounding for quantization wants a straight-through estimator instead; that is a choice of the model.
 */
function zeroGradient(kernelName: string): GradConfig {
  return defineGradient({ kernelName, gradFunc: (dy) => ({ x: () => tf.zerosLike(dy) }) });
}

export const ceilGradient: GradConfig = zeroGradient(tf.Ceil);
export const floorGradient: GradConfig = zeroGradient(tf.Floor);
export const roundGradient: GradConfig = zeroGradient(tf.Round);
export const signGradient: GradConfig = zeroGradient(tf.Sign);
export const stepGradient: GradConfig = zeroGradient(tf.Step);
export const isFiniteGradient: GradConfig = zeroGradient(tf.IsFinite);
export const isInfGradient: GradConfig = zeroGradient(tf.IsInf);
export const isNanGradient: GradConfig = zeroGradient(tf.IsNan);
export const onesLikeGradient: GradConfig = zeroGradient(tf.OnesLike);
export const zerosLikeGradient: GradConfig = zeroGradient(tf.ZerosLike);

/** Zeros of the input's shape, which differs from the output's; float32 also where the input is int32. */
function zeroGradientOf(kernelName: string, names: readonly string[]): GradConfig {
  return defineGradient<Tensor[]>({
    kernelName,
    inputsToSave: names,
    gradFunc: (_, saved) => Object.fromEntries(names.map((name, i) => [name, () => tf.fill(saved[i]?.shape ?? [], 0)])),
  });
}

export const argMaxGradient: GradConfig = zeroGradientOf(tf.ArgMax, ['x']);
export const argMinGradient: GradConfig = zeroGradientOf(tf.ArgMin, ['x']);
export const oneHotGradient: GradConfig = zeroGradientOf(tf.OneHot, ['indices']);
export const allGradient: GradConfig = zeroGradientOf(tf.All, ['x']);
export const anyGradient: GradConfig = zeroGradientOf(tf.Any, ['x']);
export const logicalNotGradient: GradConfig = zeroGradientOf(tf.LogicalNot, ['x']);

// tfjs has only the first of these, and so can't train through `where(greater(x, 0), ...)`.
export const greaterEqualGradient: GradConfig = zeroGradientOf(tf.GreaterEqual, ['a', 'b']);
export const greaterGradient: GradConfig = zeroGradientOf(tf.Greater, ['a', 'b']);
export const lessGradient: GradConfig = zeroGradientOf(tf.Less, ['a', 'b']);
export const lessEqualGradient: GradConfig = zeroGradientOf(tf.LessEqual, ['a', 'b']);
export const equalGradient: GradConfig = zeroGradientOf(tf.Equal, ['a', 'b']);
export const notEqualGradient: GradConfig = zeroGradientOf(tf.NotEqual, ['a', 'b']);
export const logicalAndGradient: GradConfig = zeroGradientOf(tf.LogicalAnd, ['a', 'b']);
export const logicalOrGradient: GradConfig = zeroGradientOf(tf.LogicalOr, ['a', 'b']);
