import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { invertible, type ActivationName } from './activation-name.ts';
import { hasKernel, runKernel } from './kernel.ts';

/**
 * dL/dz of y = activation(z), from dL/dy and y: for activations whose derivative follows from their value.
 * The derivative of relu, relu6 and leakyRelu at 0 is that below it.
 */
export function activationGradient(dy: Tensor, y: Tensor, name: ActivationName, slope: number): Tensor {
  if (name === 'linear') return dy;
  const kernelName = invertible[name];
  if (kernelName === undefined) throw new Error(`internal: the derivative of ${name} does not follow from its value`);
  if (hasKernel('XActivationGrad')) return runKernel<Tensor>('XActivationGrad', { dy, y }, { activation: kernelName, slope });
  return tf.tidy(() => tf.mul(dy, derivative(y, name, slope)));
}

function derivative(y: Tensor, name: ActivationName, slope: number): Tensor {
  switch (name) {
    case 'relu':
      return tf.step(y);
    case 'relu6':
      return tf.mul(tf.step(y), tf.step(tf.sub(6, y)));
    case 'leakyRelu':
      return tf.step(y, slope);
    case 'elu':
      return tf.add(tf.minimum(y, 0), 1);
    case 'sigmoid':
      return tf.mul(y, tf.sub(1, y));
    case 'tanh':
      return tf.sub(1, tf.square(y));
    default:
      throw new Error(`internal: the derivative of ${name} does not follow from its value`);
  }
}
