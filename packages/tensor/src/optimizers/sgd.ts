import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkNumber } from '../ops/arguments.ts';
import { hasKernel, runKernel } from '../ops/kernel.ts';
import { checkLearningRate, rateAt, type LearningRate } from './learning-rate.ts';
import type { Optimizer } from './optimizer.ts';
import { perParameter } from './per-parameter.ts';
import { makeWritable } from './writable.ts';

export interface SgdOptions {
  /** Default 0.01. */
  readonly learningRate?: LearningRate;
  /** Part of the last step's direction that is kept. Default 0. */
  readonly momentum?: number;
  /** Look ahead along the momentum; needs momentum and no dampening. Default false. */
  readonly nesterov?: boolean;
  /** Part of the gradient that does not enter the momentum. Default 0. */
  readonly dampening?: number;
  /** Penalty: this times the parameter is added to its gradient. Default 0. */
  readonly weightDecay?: number;
}

/** What one step does, as numbers. */
interface Step {
  readonly learningRate: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly dampening: number;
  readonly weightDecay: number;
}

/**
 * Stochastic gradient descent, as PyTorch's SGD defines it:
 *
 *   g = gradient + weightDecay · p
 *   m = momentum · m + (1 - dampening) · g      (m = g at the first step)
 *   p = p - learningRate · (nesterov ? g + momentum · m : m)
 *
 * The rate multiplies the momentum when it is used, not when it is gathered, so a schedule acts on all of it at once.
 * State: the slot `momentum` if there is any.
 *
 * @throws {RangeError} if an option is out of range, or nesterov is asked for without momentum or with dampening.
 * @example
 * const optimizer = sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true });
 * const state = optimizer.init(net.variables);
 * optimizer.update(net.variables, gradients, state);
 *
 * I. Sutskever et al., "On the importance of initialization and momentum in deep learning", 2013, whose m this
 * differs from by the factor -learningRate.
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  const { learningRate = 0.01, momentum = 0, nesterov = false, dampening = 0, weightDecay = 0 } = checkOptions('sgd', options);
  checkLearningRate('sgd', learningRate);
  checkNumber('sgd', 'momentum', momentum, { least: 0 });
  checkNumber('sgd', 'dampening', dampening);
  checkNumber('sgd', 'weightDecay', weightDecay, { least: 0 });
  if (nesterov && (momentum === 0 || dampening !== 0))
    throw new RangeError(
      `sgd: nesterov is true with momentum ${momentum} and dampening ${dampening}, but needs momentum above 0 and dampening 0.`,
    );
  return perParameter({
    name: 'sgd',
    slots: momentum > 0 ? ['momentum'] : [],
    at: (step) => {
      const rate = rateAt('sgd', learningRate, step);
      const options = { learningRate: rate, momentum, nesterov, dampening: step === 0 ? 0 : dampening, weightDecay };
      const update = hasKernel('XSgdUpdate') ? inPlace : composed;
      return (parameter, gradient, [velocity]) => update(parameter, gradient, velocity, options);
    },
  });
}

function inPlace(parameter: Variable, gradient: Tensor, velocity: Variable | undefined, options: Step): void {
  makeWritable(parameter);
  if (velocity) makeWritable(velocity);
  runKernel<Tensor[]>('XSgdUpdate', velocity ? { value: parameter, gradient, velocity } : { value: parameter, gradient }, options);
}

function composed(parameter: Variable, gradient: Tensor, velocity: Variable | undefined, options: Step): void {
  const { learningRate, momentum, nesterov, dampening, weightDecay } = options;
  const g = weightDecay > 0 ? tf.add(gradient, tf.mul(parameter, weightDecay)) : gradient;
  let direction = g;
  if (velocity) {
    // The momentum is 0 at the first step, when dampening is left out: m = g.
    velocity.assign(tf.add(tf.mul(velocity, momentum), tf.mul(g, 1 - dampening)));
    direction = nesterov ? tf.add(g, tf.mul(velocity, momentum)) : velocity;
  }
  parameter.assign(tf.sub(parameter, tf.mul(direction, learningRate)));
}
