import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from '../../gradients/define-gradient.ts';
import { SLOPE } from '../activation-name.ts';
import { checkOptions } from '../argument-kinds.ts';
import { checkTensor } from '../arguments.ts';
import { hasFamilyKernel, needGradient, needGradients, runKernel } from '../kernel.ts';
import type { LinearOptions } from '../linear.ts';
import { checkPattern, type CsrPattern } from './csr-pattern.ts';
import { csrToDense } from './csr-to-dense.ts';
import { asMatrix, checkLinear, fused, isRecorded, unfused } from './linear-arguments.ts';
import { tapGradient, type SeeGradient } from './tap-gradient.ts';

const KERNEL = 'XSparseLinear';

export interface CsrLinearOptions extends LinearOptions {
  /** What a topology that grows links looks at: the tensors belong to the backward pass, so clone what is to stay. Default: nobody looks. */
  readonly see?: SeeGradient | undefined;
}

/**
 * A linear map by a sparse matrix S of which only the non-zeros exist: y = activation(x·Sᵀ + bias).
 *
 * Forward, the gradient of x and that of the values each cost batch · nonZeros multiplications, and no dense matrix is
 * made. On backends other than ours it is composed of a dense product, which gives the same results and no speed.
 *
 * @param x float32[..., columns].
 * @param values float32[at least nonZeros], the non-zeros' values row by row; more than that are not used and get a gradient of 0.
 * @param pattern Where S [rows, columns] has its non-zeros.
 * @param bias float32[rows]; none if left out.
 * @returns float32[..., rows], differentiable once in x, values and bias.
 * @throws {TypeError | RangeError} if an argument has another dtype or shape, or the activation is unknown.
 * @throws {Error} on our backend if the sparse kernels are not loaded.
 * @example
 * await (await enable()).load('sparse');
 * const pattern = csrPattern(2, 3, Int32Array.of(0, 2, 3), Int32Array.of(0, 2, 1));
 * csrLinear(tf.tensor2d([[1, 2, 3]]), tf.tensor1d([1, 10, 5]), pattern).print(); // [[31, 10]]
 */
export function csrLinear(x: Tensor, values: Tensor, pattern: CsrPattern, bias?: Tensor, options: CsrLinearOptions = {}): Tensor {
  const { activation = 'linear', slope = SLOPE, see } = checkOptions('csrLinear', options);
  const where = 'csrLinear';
  checkPattern(where, pattern);
  const { rows, columns, nonZeros } = pattern;
  checkTensor(where, 'values', values, { dtype: 'float32', rank: 1 });
  if (values.size < nonZeros)
    throw new RangeError(`${where}: values has ${values.size} elements, but the pattern has ${nonZeros} non-zeros.`);
  checkLinear(where, x, pattern, bias, activation, slope);
  needGradients();
  return tf.tidy(() => {
    const matrix = asMatrix(x, columns);
    let y: Tensor;
    if (hasFamilyKernel('sparse', KERNEL)) {
      needGradient(linearGradient);
      const inputs = bias === undefined ? { x: matrix, values } : { x: matrix, values, bias };
      // A variable is there to be trained, so that its gradient may be made along with that of x.
      const trained = values instanceof tf.Variable && values.trainable;
      const attributes = { pattern, slope, see, trained, recorded: trained && isRecorded() };
      y = fused(activation, slope, (kernelActivation) =>
        runKernel<Tensor>(KERNEL, inputs, { ...attributes, activation: kernelActivation }),
      );
    } else {
      const product = tf.matMul(matrix, csrToDense(values, pattern), false, true);
      y = unfused(see ? tapGradient(product, matrix, see) : product, bias, activation, slope);
    }
    return x.rank === 2 ? y : tf.reshape(y, [...x.shape.slice(0, -1), rows]);
  });
}

interface Attributes {
  readonly pattern: CsrPattern;
  readonly activation: string;
  readonly slope: number;
  readonly trained: boolean;
  readonly see?: SeeGradient | undefined;
}

/** dz = dy activation'(z); dx = dz·S, dvalues = dzᵀ·x at the non-zeros, dbias = the sum of dz over the batch. */
const linearGradient: GradConfig = defineGradient<[Tensor, Tensor, Tensor], Attributes>({
  kernelName: KERNEL,
  inputsToSave: ['x', 'values'],
  outputsToSave: [true],
  gradFunc: (dy, [x, values, y], { pattern, activation, slope, trained, see }) => {
    // tfjs asks for the gradients one by one, that of x first and only if it is wanted. Both at once take less time.
    const { nonZeros } = pattern;
    const room = trained ? [values.size, nonZeros] : undefined;
    const [d, bias, dvalues] = runKernel<Tensor[]>('XSparseOutputGrad', { dy, y }, { activation, slope, room }) as [
      Tensor,
      Tensor,
      Tensor?,
    ];
    see?.(d, x);
    let filled = false;
    return {
      x: () => {
        if (dvalues === undefined) return runKernel<Tensor>('XSparseInputGrad', { d, values }, { pattern });
        filled = true;
        return runKernel<Tensor>('XSparseBackward', { d, x, values, dvalues }, { pattern });
      },
      values: () => (filled ? dvalues! : runKernel<Tensor>('XSparseValuesGrad', { d, x }, { pattern, size: values.size })),
      bias: () => bias,
    };
  },
});
