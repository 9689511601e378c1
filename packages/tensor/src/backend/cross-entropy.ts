import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import { softmaxCrossEntropy, softmaxCrossEntropyGradient } from '../kernels/softmax.ts';
import type { BackendKernel } from './kernel.ts';

/** Whether the labels are probabilities [n, c] rather than classes [n]; throws if they are neither. */
function areProbabilities(kernel: string, labels: TensorInfo, rows: number, classes: number): boolean {
  if (labels.dtype === 'int32' && util.arraysEqual(labels.shape, [rows])) return false;
  if (labels.dtype === 'float32' && util.arraysEqual(labels.shape, [rows, classes])) return true;
  throw new Error(
    `${kernel}: labels must be int32 [${rows}] (classes) or float32 [${rows}, ${classes}] (probabilities), not ${labels.dtype} [${labels.shape}].`,
  );
}

/** Logits [n, c] and labels -> the loss of each row [n], and softmax(logits) [n, c], which the gradient takes. */
const crossEntropy: BackendKernel = {
  name: 'XSoftmaxCrossEntropy',
  run: ({ inputs, backend }) => {
    const { logits, labels } = inputs as { logits: TensorInfo; labels: TensorInfo };
    const [rows = 0, n = 0] = logits.shape;
    const dense = areProbabilities('XSoftmaxCrossEntropy', labels, rows, n);
    const loss = backend.makeOutput([rows], 'float32');
    const probabilities = backend.makeOutput(logits.shape, 'float32');
    softmaxCrossEntropy(backend.kernels, {
      x: backend.address(logits),
      to: backend.address(probabilities),
      rows,
      n,
      labels: backend.address(labels),
      dense,
      loss: backend.address(loss),
    });
    return [loss, probabilities];
  },
};

/** dy [n], softmax(logits) [n, c] and labels -> the gradient of the logits [n, c]. */
const crossEntropyGradient: BackendKernel = {
  name: 'XSoftmaxCrossEntropyGrad',
  run: ({ inputs, backend }) => {
    const { dy, probabilities, labels } = inputs as { dy: TensorInfo; probabilities: TensorInfo; labels: TensorInfo };
    const [rows = 0, n = 0] = probabilities.shape;
    const dense = areProbabilities('XSoftmaxCrossEntropyGrad', labels, rows, n);
    util.assertShapesMatch(dy.shape, [rows], 'Error in XSoftmaxCrossEntropyGrad, dy: ');
    const output = backend.makeOutput(probabilities.shape, 'float32');
    softmaxCrossEntropyGradient(backend.kernels, {
      x: backend.address(probabilities),
      to: backend.address(output),
      rows,
      n,
      labels: backend.address(labels),
      dense,
      dy: backend.address(dy),
    });
    return output;
  },
};

export const crossEntropyKernels: readonly BackendKernel[] = [crossEntropy, crossEntropyGradient];
