import { reshape, util } from '@tensorflow/tfjs-core';
import { checkShape, checkTensor } from '../ops/arguments.ts';
import { needGradients } from '../ops/kernel.ts';
import type { Layer } from './layer.ts';

/**
 * All axes after the first as those of a shape: rows of pixels [n, 784] to images [n, 28, 28, 1].
 *
 * @throws {RangeError} if the shape is none; in use if x has another number of values.
 * @example
 * unflatten([28, 28, 1]).apply(tf.zeros([64, 784])).shape; // => [64, 28, 28, 1]
 */
export function unflatten(shape: readonly number[]): Layer {
  checkShape('unflatten', 'shape', shape);
  const size = util.sizeFromShape([...shape]);
  const check = (given: readonly (number | null)[]): void => {
    const rest = given.slice(1);
    if (given.length === 0 || (!rest.includes(null) && util.sizeFromShape(rest as number[]) !== size))
      throw new RangeError(
        `unflatten: the shape [${given.map((part) => part ?? 'any').join(', ')}] must have ${size} values after the first axis, for [${shape.join(', ')}].`,
      );
  };
  return {
    kind: 'unflatten',
    variables: {},
    apply: (x) => {
      checkTensor('unflatten', 'x', x);
      check(x.shape);
      needGradients();
      return reshape(x, [x.shape[0] as number, ...shape]);
    },
    outputShape: (given) => {
      check(given);
      return [given[0] ?? null, ...shape];
    },
    dispose: () => {},
  };
}
