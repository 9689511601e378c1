import { checkTensor } from '../validation.ts';
import { tidy, type Tensor } from '@tensorflow/tfjs-core';
import { softmaxCrossEntropy, type SoftmaxCrossEntropyOptions } from '@x/tensor';
import { checkOptions } from '@x/tensor/arguments';
import { scaled } from './scaled.ts';

/**
 * The mean cross-entropy, whose gradient has unit size: (softmax(logits) - labels) · classes / √(classes - 1), not divided by how many
 * examples there are.
 *
 * @throws {TypeError | RangeError} as `softmaxCrossEntropy` of `@x/tensor`.
 * @example
 * for await (const event of fit(net, data, { loss: unitSoftmaxCrossEntropy, optimizer: adam({ learningRate: 0.03 }) })) { ... }
 */
export function unitSoftmaxCrossEntropy(
  logits: Tensor,
  labels: Tensor,
  options: Omit<SoftmaxCrossEntropyOptions, 'reduction'> = {},
): Tensor {
  checkOptions('unitSoftmaxCrossEntropy', options);
  checkTensor('unitSoftmaxCrossEntropy', 'logits', logits);
  return tidy(() => {
    const classes = logits.shape?.at(-1) ?? 0;
    if (logits.dtype !== 'float32' || logits.rank < 2 || classes < 2) return softmaxCrossEntropy(logits, labels, options);
    return softmaxCrossEntropy(scaled(logits, { backward: (classes / Math.sqrt(classes - 1)) * (logits.size / classes) }), labels, options);
  });
}
