import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from '../../gradients/define-gradient.ts';
import { activationNames, invertible, SLOPE, type ActivationName } from '../activation-name.ts';
import { compose } from '../activation.ts';
import { checkChoice, checkNumber, checkTensor } from '../arguments.ts';
import { hasKernel, needGradient, needGradients, runKernel } from '../kernel.ts';
import type { LinearOptions } from '../linear.ts';
import { checkPattern, type CsrPattern } from './csr-pattern.ts';
import { csrToDense } from './csr-to-dense.ts';

const KERNEL = 'XSparseLinear';

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
export function csrLinear(
  x: Tensor,
  values: Tensor,
  pattern: CsrPattern,
  bias?: Tensor,
  { activation = 'linear', slope = SLOPE }: LinearOptions = {},
): Tensor {
  const where = 'csrLinear';
  checkPattern(where, pattern);
  const { rows, columns, nonZeros } = pattern;
  checkTensor(where, 'values', values, { dtype: 'float32', rank: 1 });
  if (values.size < nonZeros)
    throw new RangeError(`${where}: values has ${values.size} elements, but the pattern has ${nonZeros} non-zeros.`);
  checkTensor(where, 'x', x, { dtype: 'float32', leastRank: 1 });
  if (x.shape.at(-1) !== columns)
    throw new RangeError(
      `${where}: x has ${x.shape.at(-1)} values along its last axis (its shape is [${x.shape.join(', ')}]), but the pattern [${rows}, ${columns}] takes ${columns}.`,
    );
  if (bias !== undefined) checkTensor(where, 'bias', bias, { dtype: 'float32', shape: [rows] });
  checkChoice(where, 'activation', activation, activationNames);
  checkNumber(where, 'slope', slope);
  needGradients();
  return tf.tidy(() => {
    const matrix = x.rank === 2 ? x : tf.reshape(x, [-1, columns]);
    const y = hasKernel(KERNEL)
      ? byKernel(matrix, values, pattern, bias, activation, slope)
      : composed(matrix, values, pattern, bias, activation, slope);
    return x.rank === 2 ? y : tf.reshape(y, [...x.shape.slice(0, -1), rows]);
  });
}

function byKernel(
  x: Tensor,
  values: Tensor,
  pattern: CsrPattern,
  bias: Tensor | undefined,
  activation: ActivationName,
  slope: number,
): Tensor {
  needGradient(linearGradient);
  const inputs = bias === undefined ? { x, values } : { x, values, bias };
  // A variable is there to be trained, so that its gradient may be made along with that of x.
  const attributes = { pattern, slope, trained: values instanceof tf.Variable && values.trainable };
  const fused = activation === 'linear' ? 'linear' : invertible[activation];
  // The kernel does those that the product's epilogue has; the others follow it.
  if (fused !== undefined && fusible.has(fused)) return runKernel<Tensor>(KERNEL, inputs, { ...attributes, activation: fused });
  return compose(runKernel<Tensor>(KERNEL, inputs, { ...attributes, activation: 'linear' }), activation, slope);
}

const fusible: ReadonlySet<string> = new Set(['linear', 'relu', 'relu6', 'leakyrelu']);

function composed(
  x: Tensor,
  values: Tensor,
  pattern: CsrPattern,
  bias: Tensor | undefined,
  activation: ActivationName,
  slope: number,
): Tensor {
  const product = tf.matMul(x, csrToDense(values, pattern), false, true);
  const z = bias === undefined ? product : tf.add(product, bias);
  return activation === 'linear' ? z : compose(z, activation, slope);
}

interface Attributes {
  readonly pattern: CsrPattern;
  readonly activation: string;
  readonly slope: number;
  readonly trained: boolean;
}

/** dz = dy activation'(z); dx = dz·S, dvalues = dzᵀ·x at the non-zeros, dbias = the sum of dz over the batch. */
const linearGradient: GradConfig = defineGradient<[Tensor, Tensor, Tensor], Attributes>({
  kernelName: KERNEL,
  inputsToSave: ['x', 'values'],
  outputsToSave: [true],
  gradFunc: (dy, [x, values, y], { pattern, activation, slope, trained }) => {
    const [d, bias] = runKernel<[Tensor, Tensor]>('XSparseOutputGrad', { dy, y }, { activation, slope });
    const { nonZeros } = pattern;
    // tfjs asks for the gradients one by one, that of x first and only if it is wanted. Both at once take less time.
    const dvalues = trained ? runKernel<Tensor>('XSparseValuesRoom', {}, { size: values.size, nonZeros }) : undefined;
    let filled = false;
    return {
      x: () => {
        if (dvalues === undefined) return runKernel<Tensor>('XSparseInputGrad', { d, values }, { pattern, batch: x.shape[0] });
        filled = true;
        return runKernel<Tensor>('XSparseBackward', { d, x, values, dvalues }, { pattern });
      },
      values: () => (filled ? (dvalues as Tensor) : runKernel<Tensor>('XSparseValuesGrad', { d, x }, { pattern, size: values.size })),
      bias: () => bias,
    };
  },
});
