import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { activationNames, SLOPE, type ActivationName } from '../activation-name.ts';
import { compose } from '../activation.ts';
import { checkChoice, checkNumber, checkTensor } from '../arguments.ts';
import type { LinearOptions } from '../linear.ts';
import { checkQuantization, type Quantization } from './quantization.ts';
import { checkQuantizedMatrix, type QuantizedMatrix } from './quantized-matrix.ts';

/**
 * How a float input meets a quantized weight:
 *
 * - `dynamic`: each row is quantized to int8 by its own extremes (each group of a row symmetrically, where the weight has groups), and
 *   integers are multiplied.
 * - `none`: it stays float32, and the weights become floats a tile at a time.
 * - a quantization: it is quantized by that, as calibration found it; for weights without groups.
 */
export type InputQuantization = 'dynamic' | 'none' | Quantization;

export interface QuantizedLinearOptions extends LinearOptions {
  /** Default `dynamic`. */
  readonly inputQuantization?: InputQuantization;
}

/**
 * A linear layer with a quantized weight and float input and output: y = activation(x·W + bias), W = scale · (q - zeroPoint).
 *
 * @param x float32[..., inputs].
 * @param weight [inputs, units] of 2 to 8 bits, with or without groups.
 * @param bias float32[units]; none if left out.
 * @returns float32[..., units]; not differentiable: train with {@link fakeQuantize}.
 * @throws {TypeError | RangeError} if an argument has another dtype or shape, x has NaN or infinity where it is quantized, or an option is unknown.
 * @example
 * const weight = quantizeMatrix(tf.randomNormal([512, 512]), { bits: 4, groupSize: 32 });
 * const y = quantizedLinear(tf.randomNormal([1, 512]), weight, tf.zeros([512]), { activation: 'relu' });
 */
export function quantizedLinear(
  x: Tensor,
  weight: QuantizedMatrix,
  bias?: Tensor,
  { activation = 'linear', slope = SLOPE, inputQuantization = 'dynamic' }: QuantizedLinearOptions = {},
): Tensor {
  const where = 'quantizedLinear';
  checkQuantizedMatrix(where, 'weight', weight);
  checkTensor(where, 'x', x, { dtype: 'float32', leastRank: 1 });
  const { inputs, units } = weight;
  if (x.shape.at(-1) !== inputs)
    throw new RangeError(
      `${where}: x has ${x.shape.at(-1)} values along its last axis (its shape is [${x.shape.join(', ')}]), but weight [${inputs}, ${units}] takes ${inputs}.`,
    );
  if (bias !== undefined) checkTensor(where, 'bias', bias, { dtype: 'float32', shape: [units] });
  checkChoice(where, 'activation', activation, activationNames);
  checkNumber(where, 'slope', slope);
  if (typeof inputQuantization === 'string') checkChoice(where, 'inputQuantization', inputQuantization, ['dynamic', 'none']);
  else checkQuantization(where, 'inputQuantization', inputQuantization);
  return composed(x, weight, bias, activation, slope);
}

function composed(x: Tensor, weight: QuantizedMatrix, bias: Tensor | undefined, activation: ActivationName, slope: number): Tensor {
  return tf.tidy(() => {
    const product = tf.matMul(tf.reshape(x, [-1, weight.inputs]), weight.toDense());
    const z = bias === undefined ? product : tf.add(product, bias);
    const y = activation === 'linear' ? z : compose(z, activation, slope);
    return tf.reshape(y, [...x.shape.slice(0, -1), weight.units]);
  });
}
