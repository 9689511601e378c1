import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkNumber } from '../ops/arguments.ts';
import { hasKernel, runKernel } from '../ops/kernel.ts';
import { checkLearningRate, rateAt, type LearningRate } from './learning-rate.ts';
import type { Optimizer } from './optimizer.ts';
import { perParameter } from './per-parameter.ts';
import { makeWritable } from './writable.ts';

export interface RmspropOptions {
  /** Default 0.01. */
  readonly learningRate?: LearningRate;
  /** Part of the running mean of the squared gradient that is kept. Default 0.99. */
  readonly decay?: number;
  /** Added to the root of that mean. Default 1e-8. */
  readonly epsilon?: number;
  /** Part of the last step that is kept. Default 0. */
  readonly momentum?: number;
  /** Divide by the standard deviation, not by the root of the mean square. Default false. */
  readonly centered?: boolean;
  /** Penalty: this times the parameter is added to its gradient. Default 0. */
  readonly weightDecay?: number;
}

/**
 * RMSprop, as PyTorch's RMSprop defines it:
 *
 *   g = gradient + weightDecay · p
 *   v = decay · v + (1 - decay) · g²,  a = decay · a + (1 - decay) · g
 *   s = g / (sqrt(centered ? v - a² : v) + epsilon)
 *   p = p - learningRate · (momentum > 0 ? b = momentum · b + s : s)
 *
 * State: the slots `square` (v), `mean` (a) if centered, and `momentum` (b) if there is any.
 *
 * @throws {RangeError} if an option is out of range.
 *
 * T. Tieleman, G. Hinton, lecture 6.5 of "Neural Networks for Machine Learning", 2012; centered: A. Graves, "Generating
 * Sequences With Recurrent Neural Networks", 2013, arXiv 1308.0850. epsilon is outside the root and the rate outside the
 * momentum, unlike in TensorFlow's, which tfjs's `tf.train.rmsprop` follows.
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  const {
    learningRate = 0.01,
    decay = 0.99,
    epsilon = 1e-8,
    momentum = 0,
    centered = false,
    weightDecay = 0,
  } = checkOptions('rmsprop', options);
  checkLearningRate('rmsprop', learningRate);
  checkNumber('rmsprop', 'decay', decay, { least: 0, below: 1 });
  checkNumber('rmsprop', 'epsilon', epsilon, { least: 0 });
  checkNumber('rmsprop', 'momentum', momentum, { least: 0 });
  checkNumber('rmsprop', 'weightDecay', weightDecay, { least: 0 });
  return perParameter({
    name: 'rmsprop',
    slots: ['square', ...(centered ? ['mean'] : []), ...(momentum > 0 ? ['momentum'] : [])],
    at: (step) => {
      const numbers: Step = { learningRate: rateAt('rmsprop', learningRate, step), decay, epsilon, momentum, weightDecay };
      const update = hasKernel('XRmspropUpdate') ? inPlace : composed;
      return (parameter, gradient, [square, ...others]) => {
        const slots = {
          square: square as Variable,
          ...(centered ? { mean: others[0] as Variable } : {}),
          ...(momentum > 0 ? { buffer: others.at(-1) as Variable } : {}),
        };
        update(parameter, gradient, slots, numbers);
      };
    },
  });
}

/** What one step does, as numbers. */
interface Step {
  readonly learningRate: number;
  readonly decay: number;
  readonly epsilon: number;
  readonly momentum: number;
  readonly weightDecay: number;
}

/** The slots of one parameter; `mean` if centered, `buffer` if there is momentum. */
interface Slots {
  readonly square: Variable;
  readonly mean?: Variable;
  readonly buffer?: Variable;
}

function inPlace(parameter: Variable, gradient: Tensor, slots: Slots, { decay, ...numbers }: Step): void {
  makeWritable(parameter);
  for (const slot of Object.values(slots) as Variable[]) makeWritable(slot);
  runKernel<Tensor[]>('XRmspropUpdate', { value: parameter, gradient, ...slots }, { ...numbers, alpha: decay });
}

function composed(parameter: Variable, gradient: Tensor, { square, mean, buffer }: Slots, numbers: Step): void {
  const { learningRate, decay, epsilon, momentum, weightDecay } = numbers;
  const g = weightDecay > 0 ? tf.add(gradient, tf.mul(parameter, weightDecay)) : gradient;
  runningMean(square, tf.square(g), decay);
  if (mean) runningMean(mean, g, decay);
  const variance = mean ? tf.sub(square, tf.square(mean)) : square;
  const change = tf.div(g, tf.add(tf.sqrt(variance), epsilon));
  if (buffer) buffer.assign(tf.add(tf.mul(buffer, momentum), change));
  parameter.assign(tf.sub(parameter, tf.mul(buffer ?? change, learningRate)));
}

function runningMean(mean: Variable, value: Tensor, kept: number): void {
  mean.assign(tf.add(tf.mul(mean, kept), tf.mul(value, 1 - kept)));
}
