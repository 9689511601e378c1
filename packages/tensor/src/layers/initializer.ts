import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkNumber, checkShape } from '../ops/arguments.ts';
import { normal as randomNormal, truncatedNormal as randomTruncatedNormal, uniform as randomUniform, type Key } from '../random/index.ts';

/** Makes the first values of a variable from its shape and a key. */
export type Initializer = (shape: readonly number[], key: Key) => Tensor;

/** All values 0. */
export function zeros(): Initializer {
  return (shape) => filled('zeros', shape, 0);
}

/** All values 1. */
export function ones(): Initializer {
  return (shape) => filled('ones', shape, 1);
}

/** All values the given one. */
export function constant(value: number): Initializer {
  checkNumber('constant', 'value', value);
  return (shape) => filled('constant', shape, value);
}

/** Uniform between min and max, by default -0.05 and 0.05. */
export function uniform({ min = -0.05, max = 0.05 }: { readonly min?: number; readonly max?: number } = {}): Initializer {
  checkNumber('uniform', 'max', max);
  checkNumber('uniform', 'min', min, { most: max });
  return (shape, key) => randomUniform(key, shape, { min, max });
}

/** Normal, by default with mean 0 and standard deviation 0.05. */
export function normal({ mean = 0, std = 0.05 }: { readonly mean?: number; readonly std?: number } = {}): Initializer {
  checkNumber('normal', 'mean', mean);
  checkNumber('normal', 'std', std, { least: 0 });
  return (shape, key) => randomNormal(key, shape, { mean, std });
}

/** Normal within two standard deviations of the mean, by default with mean 0 and standard deviation 0.05 before the cut. */
export function truncatedNormal({ mean = 0, std = 0.05 }: { readonly mean?: number; readonly std?: number } = {}): Initializer {
  checkNumber('truncatedNormal', 'mean', mean);
  checkNumber('truncatedNormal', 'std', std, { least: 0 });
  return (shape, key) => randomTruncatedNormal(key, shape, { mean, std });
}

function filled(where: string, shape: readonly number[], value: number): Tensor {
  checkShape(where, 'shape', shape);
  return tf.fill([...shape], value, 'float32');
}
