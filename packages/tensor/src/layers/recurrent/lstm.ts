import * as tf from '@tensorflow/tfjs-core';
import type { Variable } from '@tensorflow/tfjs-core';
import { lstmSequence } from '../../ops/recurrent/lstm.ts';
import type { Initializer } from '../initializer.ts';
import { makeVariables } from '../make-variables.ts';
import { checkRecurrent, recurrentLayer, type RecurrentLayer, type RecurrentOptions } from './recurrent-layer.ts';

/** An {@link lstm} layer. */
export interface LstmLayer extends RecurrentLayer {
  readonly kind: 'lstm';
  readonly variables: { readonly weight: Variable; readonly recurrent: Variable; readonly bias: Variable };
}

/**
 * Long short-term memory, of x [batch, length, inputs]: with (i, f, g, o) = x·weight + h·recurrent + bias for each step,
 * c' = σ(f)·c + σ(i)·tanh(g) and h' = σ(o)·tanh(c'), of which the outputs are the h'.
 *
 * Variables: `weight` [inputs, 4 · units], `recurrent` [units, 4 · units] and `bias` [4 · units], gates in the order i, f, g, o, which is
 * PyTorch's and Keras's. The forget gate's bias begins with 1. All steps' products with x, and those of the weights' gradients, are one
 * product each.
 *
 * S. Hochreiter, J. Schmidhuber, "Long short-term memory", 1997, with the forget gate of F. Gers et al., "Learning to forget", 2000, without
 * peepholes; its bias as by R. Jozefowicz et al., "An empirical exploration of recurrent network architectures", 2015.
 *
 * @throws {RangeError | TypeError} if a size or an option is invalid; nothing is allocated then.
 * @example
 * const layer = lstm(16, 64, { output: 'last', key: random.key(0) });
 * layer.apply(tf.zeros([8, 100, 16])).shape; // => [8, 64]
 */
export function lstm(inputs: number, units: number, options: RecurrentOptions): LstmLayer {
  const settings = checkRecurrent('lstm', inputs, units, options);
  const { key, init, recurrentInit, reverse } = settings;
  const remembering: Initializer = () => tf.concat([tf.zeros([units]), tf.ones([units]), tf.zeros([2 * units])]);
  const variables = makeVariables('lstm', key, {
    weight: { shape: [inputs, 4 * units], init, option: 'init' },
    recurrent: { shape: [units, 4 * units], init: recurrentInit, option: 'recurrentInit' },
    bias: { shape: [4 * units], init: remembering },
  });
  return recurrentLayer('lstm', settings, variables, true, (x, { hidden, cell }) => {
    const states = lstmSequence({ x, ...variables, hidden, cell, reverse });
    const [steps, last] = tf.split(states, [x.shape[1] as number, 1]) as [tf.Tensor, tf.Tensor];
    return { steps, cell: tf.reshape(last, cell.shape) };
  });
}
