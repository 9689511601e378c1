import { mean, squaredDifference, sum, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkLabels, distributionsOf } from './labels.ts';
import { probabilitiesOf, type ProbabilityOptions } from './probabilities.ts';

/**
 * Mean over the examples of the sum over the classes of (p - y)²: 0 at best, 2 at worst.
 *
 * G. W. Brier, "Verification of forecasts expressed in terms of probability", 1950; over all classes, as there, not over
 * one of two, and not divided by their number.
 *
 * @param output float32[..., classes].
 * @param labels int32[...] or float32[..., classes].
 * @returns float32[].
 */
export function brierScore(output: Tensor, labels: Tensor, options: ProbabilityOptions = {}): Tensor {
  const { from = 'logits' } = checkOptions('brierScore', options);
  checkLabels('brierScore', output, labels);
  return tidy(() => {
    const classes = output.shape.at(-1) as number;
    return mean(sum(squaredDifference(probabilitiesOf('brierScore', output, from), distributionsOf(labels, classes)), -1));
  });
}
