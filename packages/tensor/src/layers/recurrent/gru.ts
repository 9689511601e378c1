import type { Variable } from '@tensorflow/tfjs-core';
import { gruSequence } from '../../ops/recurrent/gru.ts';
import { zeros } from '../initializer.ts';
import { makeVariables } from '../make-variables.ts';
import { checkRecurrent, recurrentLayer, type RecurrentLayer, type RecurrentOptions } from './recurrent-layer.ts';

/** A {@link gru} layer. */
export interface GruLayer extends RecurrentLayer {
  readonly kind: 'gru';
  readonly variables: {
    readonly weight: Variable;
    readonly recurrent: Variable;
    readonly bias: Variable;
    readonly recurrentBias: Variable;
  };
}

/**
 * Gated recurrent units, of x [batch, length, inputs]: with (r, z, n) = x·weight + bias and (r', z', n') = h·recurrent + recurrentBias for
 * each step, h' = (1 - Z)·tanh(n + R·n') + Z·h, R = σ(r + r'), Z = σ(z + z'), which are the outputs.
 *
 * Variables: `weight` [inputs, 3 · units], `recurrent` [units, 3 · units], `bias` and `recurrentBias` [3 · units], gates in PyTorch's order
 * r, z, n. As in PyTorch and in Keras's `resetAfter`, R is applied after the product, and Z keeps the state.
 *
 * K. Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical machine translation", 2014, arXiv 1406.1078v1.
 *
 * @throws {RangeError | TypeError} if a size or an option is invalid; nothing is allocated then.
 * @example
 * const layer = gru(16, 64, { key: random.key(0) });
 * layer.apply(tf.zeros([8, 100, 16])).shape; // => [8, 100, 64]
 */
export function gru(inputs: number, units: number, options: RecurrentOptions): GruLayer {
  const settings = checkRecurrent('gru', inputs, units, options);
  const { key, init, recurrentInit, reverse } = settings;
  const bias = { shape: [3 * units], init: zeros() };
  const variables = makeVariables('gru', key, {
    weight: { shape: [inputs, 3 * units], init, option: 'init' },
    recurrent: { shape: [units, 3 * units], init: recurrentInit, option: 'recurrentInit' },
    bias,
    recurrentBias: bias,
  });
  return recurrentLayer('gru', settings, variables, false, (x, { hidden }) => ({
    steps: gruSequence({ x, ...variables, hidden, reverse }),
  }));
}
