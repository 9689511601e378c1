import { argMax, cast, equal, mean, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkLabels, classesOf } from './labels.ts';

/**
 * Part of the examples whose greatest output is that of their class.
 *
 * @param output float32[..., classes].
 * @param labels int32[...], or float32[..., classes] whose greatest value marks the class.
 * @returns float32[], from 0 to 1.
 */
export function accuracy(output: Tensor, labels: Tensor): Tensor {
  checkLabels('accuracy', output, labels);
  return tidy(() => mean(cast(equal(argMax(output, -1), classesOf(labels)), 'float32')));
}
