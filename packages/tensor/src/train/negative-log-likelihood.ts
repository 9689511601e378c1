import { clipByValue, log, mean, mul, neg, sum, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from '../ops/argument-kinds.ts';
import { softmaxCrossEntropy } from '../ops/softmax-cross-entropy.ts';
import { checkLabels, distributionsOf } from './labels.ts';
import { probabilitiesOf, type ProbabilityOptions } from './probabilities.ts';

/**
 * Mean of -ln p(class): the cross-entropy without smoothing, in nats.
 *
 * @param output float32[..., classes].
 * @param labels int32[...] or float32[..., classes].
 * @returns float32[]. A probability below the least normal float32 number counts as that.
 */
export function negativeLogLikelihood(output: Tensor, labels: Tensor, options: ProbabilityOptions = {}): Tensor {
  const { from = 'logits' } = checkOptions('negativeLogLikelihood', options);
  checkLabels('negativeLogLikelihood', output, labels);
  return tidy(() => {
    const classes = output.shape.at(-1) as number;
    if (from === 'logits') return softmaxCrossEntropy(output, labels);
    const logarithms = log(clipByValue(probabilitiesOf('negativeLogLikelihood', output, from), 2 ** -126, 1));
    return mean(neg(sum(mul(distributionsOf(labels, classes), logarithms), -1)));
  });
}
