import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from '../../gradients/define-gradient.ts';
import { activationGradient } from '../activation-gradient.ts';
import { activationNames, invertible, SLOPE, type ActivationName } from '../activation-name.ts';
import { compose } from '../activation.ts';
import { checkChoice, checkNumber, checkTensor } from '../arguments.ts';
import { hasKernel, needGradient, needGradients, runKernel } from '../kernel.ts';
import type { LinearOptions } from '../linear.ts';
import { checkPattern, type CsrPattern } from './csr-pattern.ts';
import { csrToDense } from './csr-to-dense.ts';

const KERNEL = 'XSparseLinear';
const BLOCKS = 'XSparseBlocks';

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
  needGradient(blocksGradient);
  const batch = x.shape[0] as number;
  const blocks = runKernel<Tensor>(BLOCKS, { x }, { batch, features: pattern.columns });
  const inputs = bias === undefined ? { blocks, values } : { blocks, values, bias };
  const fused = activation === 'linear' ? 'linear' : invertible[activation];
  // The kernel does those that the product's epilogue has; the others follow it.
  if (fused !== undefined && fusible.has(fused))
    return runKernel<Tensor>(KERNEL, inputs, { pattern, batch, activation: fused, name: activation, slope });
  return compose(runKernel<Tensor>(KERNEL, inputs, { pattern, batch, activation: 'linear', name: 'linear', slope }), activation, slope);
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
  readonly batch: number;
  readonly name: ActivationName;
  readonly slope: number;
}

/** dz = dy activation'(z); dx = dz·S, dvalues = dzᵀ·x at the non-zeros, dbias = the sum of dz over the batch. */
const linearGradient: GradConfig = defineGradient<[Tensor, Tensor, Tensor], Attributes>({
  kernelName: KERNEL,
  inputsToSave: ['blocks', 'values'],
  outputsToSave: [true],
  gradFunc: (dy, [blocks, values, y], { pattern, batch, name, slope }) => {
    const dz = activationGradient(dy, y, name, slope);
    const d = runKernel<Tensor>(BLOCKS, { x: dz }, { batch, features: pattern.rows });
    return {
      blocks: () => runKernel<Tensor>('XSparseLinearInputGrad', { d, values }, { pattern, batch }),
      values: () => runKernel<Tensor>('XSparseLinearValuesGrad', { d, blocks }, { pattern, batch, size: values.size }),
      bias: () => tf.sum(dz, 0),
    };
  },
});

const blocksGradient: GradConfig = defineGradient<[], { batch: number; features: number }>({
  kernelName: BLOCKS,
  gradFunc: (dy, _saved, { batch, features }) => ({ x: () => runKernel<Tensor>('XSparseFromBlocks', { blocks: dy }, { batch, features }) }),
});
