import { getGradient, registerGradient } from '@tensorflow/tfjs-core';
import type { GradConfig } from '@tensorflow/tfjs-core';
import * as gradients from './index.ts';

/**
 * Gives tfjs a gradient for every differentiable kernel that has none yet.
 *
 * Plain Node loads tfjs-core's CommonJS bundle, which registers no gradient at all; other bundles bring tfjs's own,
 * which are left in place, so that nothing is overridden behind a user's back. Calling it twice does nothing more.
 *
 * @example
 * registerGradients();
 * tf.grad((x) => tf.square(x))(tf.scalar(3)).print(); // 6
 */
export function registerGradients(): void {
  for (const gradient of Object.values<GradConfig>(gradients)) {
    if (getGradient(gradient.kernelName) == null) registerGradient(gradient);
  }
}
