import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { referenceInt8Product } from '../../kernels/reference/quant/int8-product.ts';
import { referenceGroupedProduct, referenceQuantizeRows } from '../../kernels/reference/quant/quantized-linear.ts';
import { referenceQuantize } from '../../kernels/reference/quant/quantize.ts';
import { activationNames, SLOPE, type ActivationName } from '../activation-name.ts';
import { compose } from '../activation.ts';
import { checkOptions } from '../argument-kinds.ts';
import { checkChoice, checkNumber, checkTensor } from '../arguments.ts';
import type { LinearOptions } from '../linear.ts';
import { hasFamilyKernel, runKernel } from '../kernel.ts';
import { checkQuantization, rangeOf, type Quantization } from './quantization.ts';
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
export function quantizedLinear(x: Tensor, weight: QuantizedMatrix, bias?: Tensor, options: QuantizedLinearOptions = {}): Tensor {
  const { activation = 'linear', slope = SLOPE, inputQuantization = 'dynamic' } = checkOptions('quantizedLinear', options);
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
  else {
    checkQuantization(where, 'inputQuantization', inputQuantization);
    if (weight.groupSize !== undefined)
      throw new RangeError(
        `${where}: inputQuantization is fixed, but weight has groups of ${weight.groupSize} inputs; use 'dynamic' or 'none'.`,
      );
  }
  return tf.tidy(() => {
    const rows = tf.reshape(x, [-1, inputs]);
    const here = hasFamilyKernel('quant', 'XQuantizedLinear');
    const fused = here ? fusible[activation] : undefined;
    const y = here
      ? byKernel(rows, weight, bias, inputQuantization, fused ?? 'linear', slope)
      : byTwin(rows, weight, bias, inputQuantization);
    const z = fused === undefined && activation !== 'linear' ? compose(y, activation, slope) : y;
    return tf.reshape(z, [...x.shape.slice(0, -1), units]);
  });
}

/** Activations that the kernels have, by their names there. */
export const fusible: Partial<Record<ActivationName, string>> = { linear: 'linear', relu: 'relu', relu6: 'relu6', leakyRelu: 'leakyrelu' };

function byKernel(
  x: Tensor,
  weight: QuantizedMatrix,
  bias: Tensor | undefined,
  inputQuantization: InputQuantization,
  activation: string,
  slope: number,
): Tensor {
  const quantization =
    typeof inputQuantization === 'string'
      ? inputQuantization
      : checkQuantization('quantizedLinear', 'inputQuantization', inputQuantization);
  const byIntegers = weight.groupSize === undefined ? 'XQuantizedLinear' : 'XGroupedLinear';
  const name = inputQuantization === 'none' ? 'XFloatLinear' : byIntegers;
  return runKernel<Tensor>(name, bias ? { x, bias } : { x }, { matrix: weight, quantization, activation, slope });
}

function byTwin(x: Tensor, weight: QuantizedMatrix, bias: Tensor | undefined, inputQuantization: InputQuantization): Tensor {
  const product = inputQuantization === 'none' ? tf.matMul(x, weight.toDense()) : integerProduct(x, weight, inputQuantization);
  return bias === undefined ? product : tf.add(product, bias);
}

function integerProduct(x: Tensor, weight: QuantizedMatrix, inputQuantization: 'dynamic' | Quantization): Tensor {
  const { inputs, units, groupSize } = weight;
  const values = x.dataSync() as Float32Array;
  const rows = values.length / inputs;
  refuseOdd(values, inputQuantization === 'dynamic');
  const w = weight.values();
  const [scale, zero] = [
    (input: number, unit: number): number => weight.scaleAt(input, unit),
    (input: number, unit: number): number => weight.zeroPointAt(input, unit),
  ];
  if (groupSize !== undefined)
    return tf.tensor2d(referenceGroupedProduct({ x: values, inputs, units, groupSize, w, scale, zero }), [rows, units]);
  const { integers, scales, zeros } = quantizedRows(values, inputs, inputQuantization);
  const sums = referenceInt8Product({
    ...{ x: integers, rows, inputs, units, w },
    xZero: (row) => zeros[row] as number,
    wZero: (unit) => zero(0, unit),
  });
  const y = Float32Array.from(sums, (sum, at) => {
    const factor = Math.fround((scales[Math.floor(at / units)] as number) * scale(0, at % units));
    return Math.fround(sum) * factor;
  });
  return tf.tensor2d(y, [rows, units]);
}

function quantizedRows(
  values: Float32Array,
  inputs: number,
  inputQuantization: 'dynamic' | Quantization,
): { readonly integers: ArrayLike<number>; readonly scales: Float32Array; readonly zeros: Int32Array } {
  if (inputQuantization === 'dynamic') return referenceQuantizeRows(values, inputs);
  const { scale, zeroPoint = 0, type = 'int8' } = inputQuantization;
  const [least, most] = rangeOf(type);
  const rows = values.length / inputs;
  return {
    integers: referenceQuantize(values, scale, zeroPoint, least, most),
    scales: new Float32Array(rows).fill(scale),
    zeros: new Int32Array(rows).fill(zeroPoint),
  };
}

function refuseOdd(values: Float32Array, infinite: boolean): void {
  const at = values.findIndex((value) => Number.isNaN(value) || (infinite && !Number.isFinite(value)));
  if (at >= 0)
    throw new RangeError(`quantizedLinear: x has ${values[at]} at element ${at}, which can't be quantized; find out where it came from.`);
}
