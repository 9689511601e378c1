import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig } from '@tensorflow/tfjs-core';
import { unaryGradient } from './define-gradient.ts';

/** `dx = dy sign(x)`; at 0 it is `-dy`, tfjs's convention. */
export const absGradient: GradConfig = unaryGradient(tf.Abs, (dy, x) => tf.mul(dy, tf.step(x, -1)));
