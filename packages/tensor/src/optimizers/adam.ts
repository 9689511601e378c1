import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkNumber } from '../ops/arguments.ts';
import { hasKernel, runKernel } from '../ops/kernel.ts';
import { checkLearningRate, rateAt, type LearningRate } from './learning-rate.ts';
import type { Optimizer } from './optimizer.ts';
import { perParameter, type Update } from './per-parameter.ts';
import { makeWritable } from './writable.ts';

export interface AdamOptions {
  /** Default 0.001. */
  readonly learningRate?: LearningRate;
  /** Part of the gradient's running mean that is kept at each step. Default 0.9. */
  readonly beta1?: number;
  /** Part of the running mean of its square that is kept. Default 0.999. */
  readonly beta2?: number;
  /** Added to the root of that mean. Default 1e-8. */
  readonly epsilon?: number;
  /** Default 0 for {@link adam}, where it is added to the gradient; 0.01 for {@link adamw}, where it shrinks the parameter. */
  readonly weightDecay?: number;
}

/** What one step does, as numbers. */
interface Step {
  /** t. */
  readonly step: number;
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly decoupled: boolean;
}

/**
 * Adam, as PyTorch's Adam defines it, at step t = 1, 2, ...:
 *
 *   g = gradient + weightDecay · p
 *   m = beta1 · m + (1 - beta1) · g,  v = beta2 · v + (1 - beta2) · g²
 *   p = p - learningRate / (1 - beta1^t) · m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
 *
 * State: the slots `mean` (m) and `square` (v).
 *
 * @throws {RangeError} if an option is out of range.
 * @example
 * const optimizer = adam({ learningRate: (step) => 1e-3 * 0.99 ** step });
 *
 * D. P. Kingma, J. Ba, "Adam: A Method for Stochastic Optimization", 2014, arXiv 1412.6980; epsilon is outside the
 * corrected root, as in its algorithm 1, not as in its section 2's faster variant, which tfjs's Adam is.
 */
export function adam(options: AdamOptions = {}): Optimizer {
  return adamLike('adam', options, 0, false);
}

/**
 * Adam with decoupled weight decay: first p = p (1 - learningRate · weightDecay), then {@link adam} without any.
 *
 * @throws {RangeError} if an option is out of range.
 *
 * I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization", 2017, arXiv 1711.05101; the decay is multiplied by
 * the learning rate as in PyTorch, not by the schedule alone as in the paper.
 */
export function adamw(options: AdamOptions = {}): Optimizer {
  return adamLike('adamw', options, 0.01, true);
}

function adamLike(name: string, options: AdamOptions, decay: number, decoupled: boolean): Optimizer {
  const { learningRate = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = decay } = checkOptions(name, options);
  checkLearningRate(name, learningRate);
  checkNumber(name, 'beta1', beta1, { least: 0, below: 1 });
  checkNumber(name, 'beta2', beta2, { least: 0, below: 1 });
  checkNumber(name, 'epsilon', epsilon, { least: 0 });
  checkNumber(name, 'weightDecay', weightDecay, { least: 0 });
  const at = (step: number): Step => ({
    step: step + 1,
    learningRate: rateAt(name, learningRate, step),
    beta1,
    beta2,
    epsilon,
    weightDecay,
    decoupled,
  });
  return perParameter({
    name,
    slots: ['mean', 'square'],
    at: (step) => {
      const numbers = at(step);
      return (parameter, gradient, [mean, square]) => composed(parameter, gradient, mean as Variable, square as Variable, numbers);
    },
    together: (step) => (hasKernel('XAdamUpdate') ? (all) => inPlace(all, at(step)) : undefined),
  });
}

/** All parameters in one call of the kernel, which takes a list: names would cost more than the update. */
function inPlace(all: readonly Update[], numbers: Step): void {
  const inputs = all.flatMap(({ parameter, gradient, slots }) => {
    const [mean, square] = slots as [Variable, Variable];
    for (const written of [parameter, mean, square]) makeWritable(written);
    return [parameter, gradient, mean, square];
  });
  runKernel<Tensor[]>('XAdamUpdate', inputs as unknown as Record<string, Tensor>, numbers);
}

function composed(parameter: Variable, gradient: Tensor, mean: Variable, square: Variable, numbers: Step): void {
  const { step, learningRate, beta1, beta2, epsilon, weightDecay, decoupled } = numbers;
  const decays = weightDecay > 0;
  const g = decays && !decoupled ? tf.add(gradient, tf.mul(parameter, weightDecay)) : gradient;
  mean.assign(tf.add(tf.mul(mean, beta1), tf.mul(g, 1 - beta1)));
  square.assign(tf.add(tf.mul(square, beta2), tf.mul(tf.square(g), 1 - beta2)));
  const root = tf.div(tf.sqrt(square), Math.sqrt(1 - beta2 ** step));
  const change = tf.div(tf.mul(mean, learningRate / (1 - beta1 ** step)), tf.add(root, epsilon));
  parameter.assign(tf.sub(decays && decoupled ? tf.mul(parameter, 1 - learningRate * weightDecay) : parameter, change));
}
