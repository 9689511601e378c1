import type { Variable } from '@tensorflow/tfjs-core';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkNumber } from '../ops/arguments.ts';
import type { NormOptions } from '../ops/layer-norm.ts';
import { rmsNorm } from '../ops/rms-norm.ts';
import { key } from '../random/key.ts';
import { ones } from './initializer.ts';
import { disposeVariables, type Layer } from './layer.ts';
import { makeVariables } from './make-variables.ts';
import { mapLastAxis } from './shape.ts';

/** A {@link rmsNormLayer}. */
export interface RmsNormLayer extends Layer {
  readonly kind: 'rmsNorm';
  readonly epsilon: number;
  readonly variables: { readonly gamma: Variable };
}

/**
 * {@link rmsNorm} of the last axis as a layer, with the variable gamma [width], first 1.
 *
 * @throws {RangeError} if the width or epsilon is invalid.
 * @example
 * rmsNormLayer(128).apply(tf.zeros([16, 64, 128])).shape; // => [16, 64, 128]
 */
export function rmsNormLayer(width: number, options: NormOptions = {}): RmsNormLayer {
  const { epsilon = 1e-5 } = checkOptions('rmsNormLayer', options);
  checkNumber('rmsNormLayer', 'width', width, { least: 1, whole: true });
  checkNumber('rmsNormLayer', 'epsilon', epsilon, { least: 0 });
  const variables = makeVariables('rmsNormLayer', key(0), { gamma: { shape: [width], init: ones() } });
  return {
    kind: 'rmsNorm',
    epsilon,
    variables,
    apply: (x) => rmsNorm(x, variables.gamma, { epsilon }),
    outputShape: (shape) => mapLastAxis('rmsNormLayer', shape, width, width),
    dispose: () => disposeVariables(variables),
  };
}
