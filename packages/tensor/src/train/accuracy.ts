import { argMax, cast, equal, mean, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkTensor } from '../ops/arguments.ts';

/**
 * Part of the examples whose greatest output is that of their class.
 *
 * @param output float32[n, classes].
 * @param labels int32[n], or float32[n, classes] whose greatest value marks the class.
 * @returns float32[], from 0 to 1.
 */
export function accuracy(output: Tensor, labels: Tensor): Tensor {
  checkTensor('accuracy', 'output', output, { rank: 2 });
  const [examples, classes] = output.shape as [number, number];
  const shape = labels instanceof Object && labels.dtype === 'int32' ? [examples] : [examples, classes];
  checkTensor('accuracy', 'labels', labels, {
    shape,
    remedy: `Give int32[${examples}] classes or float32[${examples}, ${classes}] distributions.`,
  });
  return tidy(() => mean(cast(equal(argMax(output, 1), labels.rank === 1 ? labels : argMax(labels, 1)), 'float32')));
}
