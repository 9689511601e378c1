import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { activationNames, SLOPE, type ActivationName } from '../ops/activation-name.ts';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkChoice, checkFunction, checkNumber } from '../ops/arguments.ts';
import { linear } from '../ops/linear.ts';
import { checkKey, type Key } from '../random/key.ts';
import { zeros, type Initializer } from './initializer.ts';
import { disposeVariables, type Layer } from './layer.ts';
import { makeVariables } from './make-variables.ts';
import { mapLastAxis } from './shape.ts';
import { glorotUniform } from './variance-scaling.ts';

export interface DenseOptions {
  /** Draws the weight; required, so that no two layers begin alike by accident. */
  readonly key: Key;
  /** Default `linear`: none. */
  readonly activation?: ActivationName;
  /** Of `leakyRelu` below 0. Default 0.01. */
  readonly slope?: number;
  /** Whether a bias is added. Default true. */
  readonly bias?: boolean;
  /** First values of the weight. Default {@link glorotUniform}. */
  readonly init?: Initializer;
  /** First values of the bias. Default {@link zeros}. */
  readonly biasInit?: Initializer;
}

/** A {@link dense} layer. */
export interface DenseLayer extends Layer {
  readonly kind: 'dense';
  readonly inputs: number;
  readonly units: number;
  readonly activation: ActivationName;
  /** Of `leakyRelu` below 0. */
  readonly slope: number;
  readonly variables: { readonly weight: Variable; readonly bias?: Variable };
}

/**
 * A fully connected layer: y = activation(x·weight + bias), x [..., inputs], weight [inputs, units], bias [units].
 *
 * @returns A layer with the variables `weight` and, unless `bias` is false, `bias`.
 * @throws {RangeError | TypeError} if a size or an option is invalid; nothing is allocated then.
 * @example
 * const layer = dense(784, 10, { key: random.key(0) });
 * layer.apply(tf.zeros([32, 784])).shape; // => [32, 10]
 */
export function dense(inputs: number, units: number, options: DenseOptions): DenseLayer {
  checkNumber('dense', 'inputs', inputs, { least: 1, whole: true });
  checkNumber('dense', 'units', units, { least: 1, whole: true });
  const {
    key,
    activation = 'linear',
    slope = SLOPE,
    bias = true,
    init = glorotUniform(),
    biasInit = zeros(),
  } = checkOptions('dense', options ?? {});
  checkKey('dense', key);
  checkChoice('dense', 'activation', activation, activationNames);
  checkNumber('dense', 'slope', slope);
  checkFunction('dense', 'init', init);
  checkFunction('dense', 'biasInit', biasInit);
  const variables = makeVariables('dense', key, {
    weight: { shape: [inputs, units], init, option: 'init' },
    bias: bias ? { shape: [units], init: biasInit, option: 'biasInit' } : undefined,
  });
  return {
    kind: 'dense',
    inputs,
    units,
    activation,
    slope,
    variables,
    apply: (x: Tensor) => linear(x, variables.weight, variables.bias, { activation, slope }),
    outputShape: (shape) => mapLastAxis('dense', shape, inputs, units),
    dispose: () => disposeVariables(variables),
  };
}
