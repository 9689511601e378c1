import type { Variable } from '@tensorflow/tfjs-core';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkNumber } from '../ops/arguments.ts';
import { layerNorm, type NormOptions } from '../ops/layer-norm.ts';
import { key } from '../random/key.ts';
import { ones, zeros } from './initializer.ts';
import { disposeVariables, type Layer } from './layer.ts';
import { makeVariables } from './make-variables.ts';
import { mapLastAxis } from './shape.ts';

/** A normalization: a gain and perhaps a shift of each channel. */
export interface NormLayer<Kind extends string> extends Layer {
  readonly kind: Kind;
  readonly epsilon: number;
  readonly variables: { readonly gamma: Variable; readonly beta: Variable };
}

/**
 * {@link layerNorm} of the last axis as a layer, with the variables gamma [width], first 1, and beta [width], first 0.
 *
 * @throws {RangeError} if the width or epsilon is invalid.
 * @example
 * layerNormLayer(128).apply(tf.zeros([16, 64, 128])).shape; // => [16, 64, 128]
 */
export function layerNormLayer(width: number, options: NormOptions = {}): NormLayer<'layerNorm'> {
  const { epsilon = 1e-5 } = checkOptions('layerNormLayer', options);
  checkNumber('layerNormLayer', 'width', width, { least: 1, whole: true });
  checkNumber('layerNormLayer', 'epsilon', epsilon, { least: 0 });
  const variables = makeVariables('layerNormLayer', key(0), {
    gamma: { shape: [width], init: ones() },
    beta: { shape: [width], init: zeros() },
  });
  return {
    kind: 'layerNorm',
    epsilon,
    variables,
    apply: (x) => layerNorm(x, variables.gamma, variables.beta, { epsilon }),
    outputShape: (shape) => mapLastAxis('layerNormLayer', shape, width, width),
    dispose: () => disposeVariables(variables),
  };
}
