import { argMax, cast, oneHot, type Tensor } from '@tensorflow/tfjs-core';
import { checkTensor } from '../ops/arguments.ts';

/** @throws {TypeError | RangeError} unless labels are classes int32[...] or distributions float32[..., classes] for an output [..., classes]. */
export function checkLabels(where: string, output: Tensor, labels: Tensor): void {
  checkTensor(where, 'output', output, { leastRank: 2 });
  const examples = output.shape.slice(0, -1);
  const shape = labels instanceof Object && labels.dtype === 'int32' ? examples : output.shape;
  checkTensor(where, 'labels', labels, {
    shape,
    remedy: `Give int32[${examples.join(', ')}] classes or float32[${output.shape.join(', ')}] distributions.`,
  });
}

/** The class of each example. */
export function classesOf(labels: Tensor): Tensor {
  return labels.dtype === 'int32' ? labels : argMax(labels, -1);
}

/** The distribution of each example. */
export function distributionsOf(labels: Tensor, classes: number): Tensor {
  return labels.dtype === 'int32' ? cast(oneHot(labels, classes), 'float32') : labels;
}
