import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkNumber } from '../ops/arguments.ts';
import { hasKernel, runKernel } from '../ops/kernel.ts';
import { checkLearningRate, rateAt, type LearningRate } from './learning-rate.ts';
import type { Optimizer } from './optimizer.ts';
import { perParameter } from './per-parameter.ts';
import { makeWritable } from './writable.ts';

export interface AdagradOptions {
  /** Default 0.01. */
  readonly learningRate?: LearningRate;
  /** What the sum of squares begins with. Default 0. */
  readonly initial?: number;
  /** Added to the root of the sum. Default 1e-10. */
  readonly epsilon?: number;
  /** Penalty: this times the parameter is added to its gradient. Default 0. */
  readonly weightDecay?: number;
}

/**
 * Adagrad, as PyTorch's Adagrad defines it (its `lr_decay` is the schedule `(step) => rate / (1 + step · decay)`):
 *
 *   g = gradient + weightDecay · p
 *   s = s + g²
 *   p = p - learningRate · g / (sqrt(s) + epsilon)
 *
 * State: the slot `sum` (s).
 *
 * @throws {RangeError} if an option is out of range.
 *
 * J. Duchi, E. Hazan, Y. Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization", 2011;
 * the diagonal form. TensorFlow's begins the sum with 0.1 instead.
 */
export function adagrad(options: AdagradOptions = {}): Optimizer {
  const { learningRate = 0.01, initial = 0, epsilon = 1e-10, weightDecay = 0 } = checkOptions('adagrad', options);
  checkLearningRate('adagrad', learningRate);
  checkNumber('adagrad', 'initial', initial, { least: 0 });
  checkNumber('adagrad', 'epsilon', epsilon, { least: 0 });
  checkNumber('adagrad', 'weightDecay', weightDecay, { least: 0 });
  return perParameter({
    name: 'adagrad',
    slots: ['sum'],
    initial,
    at: (step) => {
      const rate = rateAt('adagrad', learningRate, step);
      const hasOwn = hasKernel('XAdagradUpdate');
      return (parameter, gradient, slots) => {
        const sum = slots[0] as Variable;
        if (hasOwn) {
          makeWritable(parameter);
          makeWritable(sum);
          runKernel<Tensor[]>('XAdagradUpdate', { value: parameter, gradient, square: sum }, { learningRate: rate, epsilon, weightDecay });
          return;
        }
        const g = weightDecay > 0 ? tf.add(gradient, tf.mul(parameter, weightDecay)) : gradient;
        sum.assign(tf.add(sum, tf.square(g)));
        parameter.assign(tf.sub(parameter, tf.div(tf.mul(g, rate), tf.add(tf.sqrt(sum), epsilon))));
      };
    },
  });
}
