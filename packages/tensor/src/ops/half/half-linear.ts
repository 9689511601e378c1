import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import type { HalfFormat } from '../../kernels/half.ts';
import { defineGradient } from '../../gradients/define-gradient.ts';
import { activationGradient } from '../activation-gradient.ts';
import { activationNames, invertible, SLOPE, type ActivationName } from '../activation-name.ts';
import { compose } from '../activation.ts';
import { checkOptions } from '../argument-kinds.ts';
import { checkChoice, checkNumber, checkTensor } from '../arguments.ts';
import { hasFamilyKernel, needGradient, needGradients, runKernel } from '../kernel.ts';
import { linear, type LinearOptions } from '../linear.ts';
import { checkHalf, fromHalf, type HalfTensor } from './half-tensor.ts';

const KERNEL = 'XHalfLinear';

/**
 * A linear map by a weight that is stored in 16 bits: y = activation(x·weight + bias), computed in float32. The weight is
 * converted while the product lays it out, never as a whole. With a single row of x, a float16 weight keeps a list of its subnormal
 * numbers, 8 bytes each and 4 for each row of the weight; the first such product makes it.
 *
 * @param x float32[..., in].
 * @param weight [in, out], stored by {@link toHalf}; not differentiated.
 * @param bias float32[out]; none if left out.
 * @returns float32[..., out], differentiable in x and bias.
 * @throws {TypeError | RangeError} if an argument has another dtype or shape, or the activation is unknown.
 * @throws {Error} on our backend if the kernels of 16 bits are not loaded.
 * @example
 * await (await enable()).load('half');
 * const weight = toHalf(tf.ones([3, 4]), { format: 'bfloat16' });
 * halfLinear(tf.ones([2, 3]), weight, tf.zeros([4])).shape; // => [2, 4]
 */
export function halfLinear(x: Tensor, weight: HalfTensor, bias?: Tensor, options: LinearOptions = {}): Tensor {
  const { activation = 'linear', slope = SLOPE } = checkOptions('halfLinear', options);
  const where = 'halfLinear';
  checkHalf(where, 'weight', weight);
  if (weight.shape.length !== 2)
    throw new RangeError(`${where}: weight is ${weight.format}[${weight.shape.join(', ')}], but its rank must be 2.`);
  checkTensor(where, 'x', x, { dtype: 'float32', leastRank: 1 });
  const [from, to] = weight.shape as [number, number];
  if (x.shape.at(-1) !== from)
    throw new RangeError(
      `${where}: x has ${x.shape.at(-1)} values along its last axis (its shape is [${x.shape.join(', ')}]), but weight [${from}, ${to}] takes ${from}.`,
    );
  if (bias !== undefined) checkTensor(where, 'bias', bias, { dtype: 'float32', shape: [to] });
  checkChoice(where, 'activation', activation, activationNames);
  checkNumber(where, 'slope', slope);
  needGradients();
  const { format, bits } = weight;
  if (!hasFamilyKernel('half', KERNEL)) return tf.tidy(() => linear(x, fromHalf(weight), bias, { activation, slope }));
  needGradient(halfLinearGradient);
  const inKernel = activation === 'linear' ? 'linear' : invertible[activation];
  const inputs = bias === undefined ? { x, bits } : { x, bits, bias };
  const shared = { format, shape: [from, to], transpose: false, slope };
  if (inKernel !== undefined) return runKernel<Tensor>(KERNEL, inputs, { ...shared, activation: inKernel, name: activation });
  return tf.tidy(() => compose(runKernel<Tensor>(KERNEL, inputs, { ...shared, activation: 'linear', name: 'linear' }), activation, slope));
}

interface Attributes {
  readonly format: HalfFormat;
  readonly shape: readonly [number, number];
  readonly transpose: boolean;
  readonly name: ActivationName;
  readonly slope: number;
}

/** dz = dy activation'(z); dx = dz·weightᵀ, dbias = the sum of dz over all but the last axis. */
const halfLinearGradient: GradConfig = defineGradient<[Tensor, Tensor], Attributes>({
  kernelName: KERNEL,
  inputsToSave: ['bits'],
  outputsToSave: [true],
  gradFunc: (dy, [bits, y], { name, slope, ...rest }) => {
    const dz = activationGradient(dy, y, name, slope);
    const plain = { ...rest, transpose: !rest.transpose, activation: 'linear', name: 'linear', slope };
    return {
      x: () => runKernel<Tensor>(KERNEL, { x: dz, bits }, plain),
      bits: () => tf.zeros(bits.shape),
      bias: () => tf.sum(tf.reshape(dz, [-1, dz.shape.at(-1) as number]), 0),
    };
  },
});
