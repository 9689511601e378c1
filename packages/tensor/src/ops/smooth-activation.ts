import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from '../gradients/define-gradient.ts';
import { hasKernel, needGradient, runKernel } from './kernel.ts';

/** Activations whose derivative follows from their argument, not from their value. */
export type SmoothActivation = 'gelu' | 'geluTanh' | 'silu';

const KERNEL = 'XSmoothActivation';
const GRADIENT = 'XSmoothActivationGrad';

/** One of them, in one pass over memory where there is a kernel of ours, and its gradient in another. */
export function smoothActivation(x: Tensor, activation: SmoothActivation): Tensor {
  if (!hasKernel(KERNEL)) return composed(x, activation);
  needGradient(gradient);
  needGradient(secondGradient);
  return runKernel<Tensor>(KERNEL, { x }, { activation });
}

/** The same by tfjs's operations. */
function composed(x: Tensor, activation: SmoothActivation): Tensor {
  return tf.tidy(() => {
    switch (activation) {
      case 'silu':
        return tf.mul(x, tf.sigmoid(x));
      case 'gelu':
        return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
      case 'geluTanh': {
        const inner = tf.mul(x, tf.add(tf.mul(tf.square(x), 0.044715 * Math.sqrt(2 / Math.PI)), Math.sqrt(2 / Math.PI)));
        return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
      }
    }
  });
}

interface Attributes {
  readonly activation: SmoothActivation;
}

const gradient: GradConfig = defineGradient<[Tensor], Attributes>({
  kernelName: KERNEL,
  inputsToSave: ['x'],
  gradFunc: (dy, [x], { activation }) => ({ x: () => runKernel<Tensor>(GRADIENT, { dy, x }, { activation }) }),
});

/** Of dx = dy·f'(x): f''(x) is that of the composition, since who takes a second gradient is not in a hurry. */
const secondGradient: GradConfig = defineGradient<[Tensor, Tensor], Attributes>({
  kernelName: GRADIENT,
  inputsToSave: ['dy', 'x'],
  gradFunc: (ddx, [dy, x], { activation }) => ({
    dy: () => runKernel<Tensor>(GRADIENT, { dy: ddx, x }, { activation }),
    x: () => tf.grad(tf.grad((z) => composed(z, activation)))(x, tf.mul(ddx, dy)),
  }),
});
