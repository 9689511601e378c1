import { argMax, cast, ceil, clipByValue, equal, max, mean, mul, oneHot, reshape, sub, tidy } from '@tensorflow/tfjs-core';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkChoice, checkNumber } from '../ops/arguments.ts';
import { checkLabels, classesOf } from './labels.ts';
import type { SummaryMetric } from './metric.ts';
import { probabilitiesOf, type ProbabilityOptions } from './probabilities.ts';

export interface CalibrationOptions extends ProbabilityOptions {
  /** Bins of equal width. Default 15. */
  readonly bins?: number;
}

/**
 * How far a network's confidence is from its accuracy: the sum over the bins of |part of them that is right - their mean
 * confidence| times the part of the examples in the bin, where the confidence is the greatest probability and bin b has
 * those in ((b - 1) / bins, b / bins].
 *
 * C. Guo et al., "On Calibration of Modern Neural Networks", 2017, arXiv 1706.04599; bins of equal width, of the
 * predicted class only.
 *
 * @returns A metric of output float32[..., classes] and labels int32[...] or float32[..., classes], exact over many batches too.
 * @throws {RangeError} if an option is invalid.
 * @example
 * await evaluate(net, test, { metrics: { ece: expectedCalibrationError() } });
 */
export function expectedCalibrationError(options: CalibrationOptions = {}): SummaryMetric {
  const { bins = 15, from = 'logits' } = checkOptions('expectedCalibrationError', options);
  const where = 'expectedCalibrationError';
  checkNumber(where, 'bins', bins, { least: 1, whole: true });
  checkChoice(where, 'from', from, ['logits', 'probabilities']);
  return {
    means: (output, labels) => {
      checkLabels(where, output, labels);
      return tidy(() => {
        const probabilities = reshape(probabilitiesOf(where, output, from), [-1, output.shape.at(-1) as number]);
        const confidence = max(probabilities, 1);
        const right = cast(equal(argMax(probabilities, 1), reshape(classesOf(labels), [-1])), 'float32');
        const bin = cast(clipByValue(sub(ceil(mul(confidence, bins)), 1), 0, bins - 1), 'int32');
        const among = cast(oneHot(bin, bins), 'float32');
        const gap = reshape(sub(right, confidence), [-1, 1]);
        return mean(mul(among, gap), 0);
      });
    },
    // |right - confidence| of a bin, weighted by its part of the examples, is the sum of its gaps by the number of all examples.
    summarize: (gaps) => gaps.reduce((sum, gap) => sum + Math.abs(gap), 0),
  };
}
