import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient, type InputGradients } from '../gradients/define-gradient.ts';
import { activationGradient } from './activation-gradient.ts';
import { activationNames, invertible, SLOPE, type ActivationName } from './activation-name.ts';
import { compose } from './activation.ts';
import { checkOptions } from './argument-kinds.ts';
import { checkChoice, checkNumber, checkTensor } from './arguments.ts';
import { hasKernel, needGradient, needGradients, runKernel } from './kernel.ts';

export interface LinearOptions {
  /** Default `linear`: none. */
  readonly activation?: ActivationName;
  /** Of `leakyRelu` below 0. Default 0.01. */
  readonly slope?: number;
}

const KERNEL = 'XLinear';
/** The same with an activation, whose gradient follows from the output, which is therefore kept. */
const ACTIVATED = 'XActivatedLinear';

/**
 * A linear map and what often follows it, in one pass over memory: y = activation(x·weight + bias).
 *
 * @param x float32[..., in].
 * @param weight float32[in, out].
 * @param bias float32[out]; none if left out.
 * @returns float32[..., out], differentiable in x, weight and bias.
 * @throws {TypeError | RangeError} if an argument has another dtype or shape, or the activation is unknown.
 * @example
 * const y = linear(tf.ones([2, 3]), tf.ones([3, 4]), tf.zeros([4]), { activation: 'relu' });
 * y.shape; // => [2, 4]
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor, options: LinearOptions = {}): Tensor {
  const { activation = 'linear', slope = SLOPE } = checkOptions('linear', options);
  checkTensor('linear', 'weight', weight, { dtype: 'float32', rank: 2 });
  checkTensor('linear', 'x', x, { dtype: 'float32', leastRank: 1 });
  const [from, to] = weight.shape as [number, number];
  if (x.shape.at(-1) !== from)
    throw new RangeError(
      `linear: x has ${x.shape.at(-1)} values along its last axis (its shape is [${x.shape.join(', ')}]), but weight [${from}, ${to}] takes ${from}. ` +
        `Flatten or reshape x, or make the weight for as many inputs.`,
    );
  if (bias !== undefined) checkTensor('linear', 'bias', bias, { dtype: 'float32', shape: [to] });
  checkChoice('linear', 'activation', activation, activationNames);
  checkNumber('linear', 'slope', slope);
  needGradients();
  const kernelActivation = activation === 'linear' ? 'linear' : invertible[activation];
  if (!hasKernel(KERNEL)) return composed(x, weight, bias, activation, slope);
  gradients.forEach(needGradient);
  const inputs = bias === undefined ? { x, weight } : { x, weight, bias };
  if (kernelActivation !== undefined)
    return runKernel<Tensor>(activation === 'linear' ? KERNEL : ACTIVATED, inputs, {
      activation: kernelActivation,
      name: activation,
      slope,
    });
  return tf.tidy(() => compose(runKernel<Tensor>(KERNEL, inputs, {}), activation, slope));
}

function composed(x: Tensor, weight: Tensor, bias: Tensor | undefined, activation: ActivationName, slope: number): Tensor {
  return tf.tidy(() => {
    const product = tf.matMul(asMatrix(x), weight);
    const z = bias === undefined ? product : tf.add(product, bias);
    const y = activation === 'linear' ? z : compose(z, activation, slope);
    return x.rank === 2 ? y : tf.reshape(y, [...x.shape.slice(0, -1), weight.shape[1] as number]);
  });
}

/** dz = dy activation'(z), needed by up to three inputs, of which tfjs asks only for those that lead to a variable. */
const gradients: readonly GradConfig[] = [KERNEL, ACTIVATED].map((kernelName) =>
  defineGradient<[Tensor, Tensor, Tensor], { name?: ActivationName; slope: number }>({
    kernelName,
    inputsToSave: ['x', 'weight'],
    outputsToSave: [kernelName === ACTIVATED],
    gradFunc: (dy, [x, weight, y], { name = 'linear', slope }) => gradientsOf(activationGradient(dy, y, name, slope), x, weight),
  }),
);

/** dx = dz·weightᵀ, dweight = xᵀ·dz, dbias = the sum of dz over all but the last axis. */
function gradientsOf(dz: Tensor, x: Tensor, weight: Tensor): InputGradients {
  if (!tf.engine().isTapeOn())
    return {
      x: () => runKernel<Tensor>('XLinearInputGrad', { dz, weight }),
      weight: () => runKernel<Tensor>('XLinearWeightGrad', { x, dz }),
      bias: () => runKernel<Tensor>('Sum', { x: dz }, { axis: dz.shape.slice(1).map((_, axis) => axis), keepDims: false }),
    };
  // Inside another gradient: of operations that have one.
  const [rows, dRows] = [asMatrix(x), asMatrix(dz)];
  return {
    x: () => tf.reshape(tf.matMul(dRows, weight, false, true), x.shape),
    weight: () => tf.matMul(rows, dRows, true, false),
    bias: () => tf.sum(dRows, 0),
  };
}

function asMatrix(x: Tensor): Tensor {
  return x.rank === 2 ? x : tf.reshape(x, [tf.util.sizeFromShape(x.shape.slice(0, -1)), x.shape.at(-1) as number]);
}
