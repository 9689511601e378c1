import * as tf from '@tensorflow/tfjs-core';
import { NotRun } from '../not-run.ts';
import type { Operators } from '../operator.ts';
import { elementwise } from './elementwise.ts';
import { generators } from './generators.ts';
import { images } from './images.ts';
import { losses } from './losses.ts';
import { normalizations } from './normalizations.ts';
import { products } from './products.ts';
import { recurrents } from './recurrent.ts';
import { reductions } from './reductions.ts';
import { shapes } from './shapes.ts';
import { windows } from './windows.ts';

/** ONNX's operators in terms of tfjs's. */
export const operators: Operators = {
  ...elementwise,
  ...generators,
  ...images,
  ...losses,
  ...normalizations,
  ...products,
  ...recurrents,
  ...reductions,
  ...shapes,
  ...windows,
  // In inference, where the ratio is of no matter; a mask comes out only in training.
  Dropout: ([x, , training], _, outputs) => {
    if (training && training.dataSync()[0]) throw new NotRun('random numbers differ');
    const y = tf.clone(x!);
    return outputs > 1 ? [y, tf.cast(tf.onesLike(x!), 'bool')] : y;
  },
};
