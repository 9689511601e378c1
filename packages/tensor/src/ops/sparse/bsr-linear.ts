import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from '../../gradients/define-gradient.ts';
import { SLOPE } from '../activation-name.ts';
import { checkOptions } from '../argument-kinds.ts';
import { checkTensor } from '../arguments.ts';
import { hasFamilyKernel, needGradient, needGradients, runKernel } from '../kernel.ts';
import type { LinearOptions } from '../linear.ts';
import { checkBsrPattern, type BsrPattern } from './bsr-pattern.ts';
import { bsrToDense } from './bsr-to-dense.ts';
import { asMatrix, checkLinear, fused, isRecorded, unfused } from './linear-arguments.ts';

const KERNEL = 'XBsrLinear';

/**
 * A linear map by a matrix S of which only some blocks exist: y = activation(x·Sᵀ + bias).
 *
 * As {@link csrLinear}, but the rows of a block share what is read of x, so that blocks 4 or more high run near the
 * speed of a dense product of as many multiplications. On backends other than ours it is composed of a dense product.
 *
 * @param x float32[..., columns].
 * @param values float32[nonZeros], block by block, each row by row.
 * @param pattern Which blocks S [rows, columns] has.
 * @param bias float32[rows]; none if left out.
 * @returns float32[..., rows], differentiable once in x, values and bias.
 * @throws {TypeError | RangeError} if an argument has another dtype or shape, or the activation is unknown.
 * @throws {Error} on our backend if the sparse kernels are not loaded.
 * @example
 * await (await enable()).load('sparse');
 * const pattern = bsrPattern(2, 4, [2, 2], Int32Array.of(0, 1), Int32Array.of(1));
 * bsrLinear(tf.tensor2d([[9, 9, 1, 2]]), tf.tensor1d([1, 0, 0, 10]), pattern).print(); // [[1, 20]]
 */
export function bsrLinear(x: Tensor, values: Tensor, pattern: BsrPattern, bias?: Tensor, options: LinearOptions = {}): Tensor {
  const { activation = 'linear', slope = SLOPE } = checkOptions('bsrLinear', options);
  const where = 'bsrLinear';
  checkBsrPattern(where, pattern);
  checkTensor(where, 'values', values, { dtype: 'float32', shape: [pattern.nonZeros] });
  checkLinear(where, x, pattern, bias, activation, slope);
  needGradients();
  return tf.tidy(() => {
    const matrix = asMatrix(x, pattern.columns);
    let y: Tensor;
    if (hasFamilyKernel('sparse', KERNEL)) {
      needGradient(linearGradient);
      const inputs = bias === undefined ? { x: matrix, values } : { x: matrix, values, bias };
      // A variable is there to be trained, so that its gradient may be made along with that of x.
      const trained = values instanceof tf.Variable && values.trainable;
      const attributes = { pattern, slope, trained, recorded: trained && isRecorded() };
      y = fused(activation, slope, (kernelActivation) =>
        runKernel<Tensor>(KERNEL, inputs, { ...attributes, activation: kernelActivation }),
      );
    } else y = unfused(tf.matMul(matrix, bsrToDense(values, pattern), false, true), bias, activation, slope);
    return x.rank === 2 ? y : tf.reshape(y, [...x.shape.slice(0, -1), pattern.rows]);
  });
}

interface Attributes {
  readonly pattern: BsrPattern;
  readonly activation: string;
  readonly slope: number;
  readonly trained: boolean;
}

/** dz = dy activation'(z); dx = dz·S, dvalues = dzᵀ·x at the blocks, dbias = the sum of dz over the batch. */
const linearGradient: GradConfig = defineGradient<[Tensor, Tensor, Tensor], Attributes>({
  kernelName: KERNEL,
  inputsToSave: ['x', 'values'],
  outputsToSave: [true],
  gradFunc: (dy, [x, values, y], { pattern, activation, slope, trained }) => {
    // tfjs asks for the gradients one by one, that of x first and only if it is wanted. Both at once take less time.
    const room = trained ? [pattern.nonZeros, pattern.nonZeros] : undefined;
    const [d, bias, dvalues] = runKernel<Tensor[]>('XSparseOutputGrad', { dy, y }, { activation, slope, room }) as [
      Tensor,
      Tensor,
      Tensor?,
    ];
    let filled = false;
    return {
      x: () => {
        if (dvalues === undefined) return runKernel<Tensor>('XBsrInputGrad', { d, values }, { pattern });
        filled = true;
        return runKernel<Tensor>('XBsrBackward', { d, x, values, dvalues }, { pattern });
      },
      values: () => (filled ? dvalues! : runKernel<Tensor>('XBsrValuesGrad', { d, x }, { pattern })),
      bias: () => bias,
    };
  },
});
