import { checkObject, checkTensor } from '../validation.ts';
import { customGrad, tensor1d, type GradSaveFunc, type Tensor } from '@tensorflow/tfjs-core';
import type { CsrPattern } from '@x/tensor/sparse';

/**
 * The softmax of each row's non-zeros: exp(s_q) / sum(exp(s)) over the row of q; differentiable once.
 *
 * @param scores float32[nonZeros].
 * @throws {RangeError} if there are not as many scores as non-zeros.
 */
export function edgeSoftmax(scores: Tensor, pattern: CsrPattern): Tensor {
  checkTensor('edgeSoftmax', 'scores', scores);
  checkObject('edgeSoftmax', 'pattern', pattern, ['pointers']);
  const { pointers, nonZeros } = pattern;
  if (scores.size !== nonZeros)
    throw new RangeError(`edgeSoftmax: there are ${scores.size} scores, but the pattern has ${nonZeros} non-zeros.`);
  const softmax = customGrad((given, save) => {
    const s = (given as Tensor).dataSync() as Float32Array;
    const y = new Float32Array(nonZeros);
    eachRow(pointers, (begin, end) => {
      let most = -Infinity;
      for (let q = begin; q < end; q++) most = Math.max(most, s[q]!);
      let sum = 0;
      for (let q = begin; q < end; q++) sum += y[q] = Math.exp(s[q]! - most);
      for (let q = begin; q < end; q++) y[q]! /= sum;
    });
    const value = tensor1d(y);
    (save as GradSaveFunc)([value]);
    return {
      value,
      gradFunc: (dy: Tensor, [saved]: Tensor[]) => {
        const d = dy.dataSync() as Float32Array;
        const p = saved!.dataSync() as Float32Array;
        const ds = new Float32Array(nonZeros);
        eachRow(pointers, (begin, end) => {
          let mean = 0;
          for (let q = begin; q < end; q++) mean += p[q]! * d[q]!;
          for (let q = begin; q < end; q++) ds[q] = p[q]! * (d[q]! - mean);
        });
        return tensor1d(ds);
      },
    };
  });
  return softmax(scores);
}

function eachRow(pointers: Int32Array, visit: (begin: number, end: number) => void): void {
  for (let row = 0; row + 1 < pointers.length; row++) visit(pointers[row]!, pointers[row + 1]!);
}
