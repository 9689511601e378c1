import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { activationNames, SLOPE, type ActivationName } from './activation-name.ts';
import { checkOptions } from './argument-kinds.ts';
import { checkChoice, checkNumber, checkTensor } from './arguments.ts';
import { needGradients } from './kernel.ts';
import { smoothActivation } from './smooth-activation.ts';

export interface ActivationOptions {
  /** Of `leakyRelu` below 0. Default 0.01. */
  readonly slope?: number;
}

/**
 * An activation by name, element by element.
 *
 * - `linear`: x
 * - `relu`: max(x, 0); `relu6`: min(max(x, 0), 6); `leakyRelu`: x where x > 0, else slope x
 * - `elu`: x where x > 0, else exp(x) - 1 (Clevert et al. 2015, arXiv 1511.07289)
 * - `selu`: 1.0507 x where x > 0, else 1.0507 · 1.6733 (exp(x) - 1) (Klambauer et al. 2017, arXiv 1706.02515)
 * - `sigmoid`: 1 / (1 + exp(-x)); `tanh`; `softplus`: ln(1 + exp(x))
 * - `gelu`: x Phi(x) by the error function, as PyTorch's default (Hendrycks & Gimpel 2016, arXiv 1606.08415);
 *   `geluTanh`: x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x³))), the same paper's approximation, as GPT-2
 * - `silu`: x sigmoid(x), also called swish
 *
 * @param x A float32 tensor of any shape.
 * @returns A float32 tensor of the same shape, differentiable.
 * @throws {TypeError} if x is no float32 tensor.
 * @throws {RangeError} if the name is unknown.
 * @example
 * activation(tf.tensor([-1, 2]), 'relu').print(); // [0, 2]
 */
export function activation(x: Tensor, name: ActivationName, options: ActivationOptions = {}): Tensor {
  const { slope = SLOPE } = checkOptions('activation', options);
  checkTensor('activation', 'x', x, { dtype: 'float32' });
  checkChoice('activation', 'name', name, activationNames);
  checkNumber('activation', 'slope', slope);
  needGradients();
  return compose(x, name, slope);
}

/** {@link activation} without its checks. */
export function compose(x: Tensor, name: ActivationName, slope: number): Tensor {
  switch (name) {
    case 'linear':
      return tf.clone(x);
    case 'relu':
      return tf.relu(x);
    case 'relu6':
      return tf.relu6(x);
    case 'leakyRelu':
      return tf.leakyRelu(x, slope);
    case 'elu':
      return tf.elu(x);
    case 'selu':
      return tf.selu(x);
    case 'sigmoid':
      return tf.sigmoid(x);
    case 'tanh':
      return tf.tanh(x);
    case 'softplus':
      return tf.softplus(x);
    case 'silu':
    case 'gelu':
    case 'geluTanh':
      return smoothActivation(x, name);
  }
}
