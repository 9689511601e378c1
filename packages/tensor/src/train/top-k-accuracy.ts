import { cast, lessEqual, less, mean, oneHot, sub, sum, tidy, where, zerosLike } from '@tensorflow/tfjs-core';
import { checkNumber } from '../ops/arguments.ts';
import { checkLabels, classesOf } from './labels.ts';
import type { MeanMetric } from './metric.ts';

/**
 * Part of the examples whose class is among the `k` of greatest output: fewer than k others are greater. Ties count for it.
 *
 * @returns A metric of output float32[..., classes] and labels int32[...] or float32[..., classes].
 * @throws {RangeError} if k is no whole number of at least 1.
 * @example
 * await evaluate(net, test, { metrics: { top5: topKAccuracy(5) } });
 */
export function topKAccuracy(k: number): MeanMetric {
  checkNumber('topKAccuracy', 'k', k, { least: 1, whole: true });
  return (output, labels) => {
    checkLabels('topKAccuracy', output, labels);
    return tidy(() => {
      const classes = output.shape.at(-1) as number;
      const own = sum(where(cast(oneHot(classesOf(labels), classes), 'bool'), output, zerosLike(output)), -1, true);
      // Those not at most as great, so that NaN is no hit.
      const greater = sub(classes, sum(cast(lessEqual(output, own), 'float32'), -1));
      return mean(cast(less(greater, k), 'float32'));
    });
  };
}
