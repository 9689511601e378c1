import { reshape, tensor, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { requantizationRoundings, type RequantizationRounding } from '../../kernels/quant/requantization.ts';
import { referenceInt8Product } from '../../kernels/reference/quant/int8-product.ts';
import { requantizer } from '../../kernels/reference/quant/requantize.ts';
import { roundHalfEven } from '../../kernels/reference/quant/rounding.ts';
import { checkChoice, checkTensor } from '../arguments.ts';
import { hasFamilyKernel, runKernel } from '../kernel.ts';
import { checkQuantization, rangeOf, type Quantization } from './quantization.ts';
import { checkQuantizedMatrix, type QuantizedMatrix } from './quantized-matrix.ts';
import { checkQuantizedTensor, fromBytes, QuantizedTensor } from './quantized-tensor.ts';

/** Activations that are a narrower range of the output's integers. */
export type Int8Activation = 'linear' | 'relu' | 'relu6';
export const int8Activations: readonly Int8Activation[] = ['linear', 'relu', 'relu6'];

export interface Int8LinearOptions {
  /** What the output's integers stand for, as calibration found it. */
  readonly output: Quantization;
  /** Default `linear`: none. */
  readonly activation?: Int8Activation;
  /** Default `fp32`. */
  readonly rounding?: RequantizationRounding;
}

/**
 * The product of 8-bit matrices, exactly: sum over the inputs of (x - xZero)·(w - wZero).
 *
 * @param x [..., inputs]; its scale is not used.
 * @param weight [inputs, units] without groups; its scales are not used.
 * @returns int32[..., units], modulo 2^32.
 * @throws {TypeError | RangeError} if x's last axis is not the weight's inputs, or the weight has groups.
 *
 * As ONNX's MatMulInteger.
 */
export function int8MatMul(x: QuantizedTensor, weight: QuantizedMatrix): Tensor {
  checkOperands('int8MatMul', x, weight);
  const rows = x.size / weight.inputs;
  if (hasFamilyKernel('quant', 'XInt8MatMul')) {
    const attributes = { matrix: weight, rows, xZero: x.zeroPoint, xUnsigned: x.type === 'uint8' };
    return tidy(() => reshape(runKernel<Tensor>('XInt8MatMul', { x: x.data }, attributes), [...x.shape.slice(0, -1), weight.units]));
  }
  return tensor(sums(x, weight), [...x.shape.slice(0, -1), weight.units], 'int32');
}

/**
 * A linear layer on 8-bit integers, from the sums to the integers of the next layer in one pass:
 * q = clamp(round((sum + bias) · xScale · wScale / outputScale) + outputZero), where the bias counts in steps of xScale · wScale.
 *
 * @param x [..., inputs].
 * @param weight [inputs, units] without groups, per tensor or per channel.
 * @param bias float32[units], rounded to such steps, no more than int32 has room for beside the sums; or int32[units], counting them; none
 *   if left out.
 * @returns [..., units], quantized as `output` says.
 * @throws {TypeError | RangeError} if shapes don't fit, the weight has groups, or an option is out of range.
 * @example
 * const hidden = int8Linear(x, weight, bias, { activation: 'relu', output: { scale: 0.05, zeroPoint: -128 } });
 *
 * B. Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", 2017,
 * arXiv 1712.05877; without bias as ONNX's QLinearMatMul.
 */
export function int8Linear(
  x: QuantizedTensor,
  weight: QuantizedMatrix,
  bias: Tensor | undefined,
  { output, activation = 'linear', rounding = 'fp32' }: Int8LinearOptions,
): QuantizedTensor {
  const where = 'int8Linear';
  checkOperands(where, x, weight);
  if (bias !== undefined) checkTensor(where, 'bias', bias, { dtype: ['float32', 'int32'], shape: [weight.units] });
  const to = checkQuantization(where, 'output', output);
  checkChoice(where, 'activation', activation, int8Activations);
  checkChoice(where, 'rounding', rounding, requantizationRoundings);
  const shape = [...x.shape.slice(0, -1), weight.units];
  if (hasFamilyKernel('quant', 'XInt8Linear')) {
    const attributes = { ...kernelAttributes(x, weight, bias, { activation, rounding }, to), rows: x.size / weight.inputs };
    return new QuantizedTensor(runKernel<Tensor>('XInt8Linear', { x: x.data }, attributes), shape, to);
  }
  return requantized(sums(x, weight), x.scale, weight, bias, { activation, rounding }, shape, to);
}

/** What the kernel of linear layers and convolutions is told. */
export function kernelAttributes(
  x: QuantizedTensor,
  weight: QuantizedMatrix,
  bias: Tensor | undefined,
  { activation, rounding }: Required<Omit<Int8LinearOptions, 'output'>>,
  to: Required<Quantization>,
): object {
  const [least, most] = clampOf(activation, to);
  return {
    ...{ matrix: weight, xZero: x.zeroPoint, xUnsigned: x.type === 'uint8', rounding, least, most },
    ...{ zero: to.zeroPoint, unsigned: to.type === 'uint8', bias: bias && biasSteps(bias, x.scale, weight) },
    factors: requantizationScales(x.scale, weight, to.scale),
  };
}

/** What the sums of each unit are multiplied by. */
function requantizationScales(xScale: number, weight: QuantizedMatrix, outputScale: number): Float64Array {
  const scales = new Float64Array(weight.units);
  for (let unit = 0; unit < scales.length; unit++) scales[unit] = requantizationScale(xScale, weight.scaleAt(0, unit), outputScale);
  return scales;
}

/** From sums [rows, units] to the output. */
export function requantized(
  all: Int32Array,
  xScale: number,
  weight: QuantizedMatrix,
  bias: Tensor | undefined,
  { activation, rounding }: Required<Omit<Int8LinearOptions, 'output'>>,
  shape: readonly number[],
  to: Required<Quantization>,
): QuantizedTensor {
  const { units } = weight;
  const steps = biasSteps(bias, xScale, weight);
  const [least, most] = clampOf(activation, to);
  const values = new Uint8Array(all.length);
  for (let unit = 0; unit < units; unit++) {
    const scale = requantizationScale(xScale, weight.scaleAt(0, unit), to.scale);
    const requantize = requantizer(rounding, scale, { zeroPoint: to.zeroPoint, least, most });
    for (let at = unit; at < all.length; at += units) values[at] = requantize(((all[at] as number) + (steps[unit] as number)) | 0);
  }
  return fromBytes(values, shape, to);
}

/** What a sum is multiplied by. */
export function requantizationScale(xScale: number, wScale: number, outputScale: number): number {
  return (xScale * wScale) / outputScale;
}

/** A bias in steps of xScale · wScale, at most as many as leave int32 room for the largest sum. */
export function biasSteps(bias: Tensor | undefined, xScale: number, weight: QuantizedMatrix): Int32Array {
  if (bias === undefined) return new Int32Array(weight.units);
  const values = bias.dataSync();
  if (bias.dtype === 'int32') return values as Int32Array;
  const steps = new Int32Array(weight.units);
  const most = Math.max(2 ** 31 - 1 - 255 * 128 * weight.inputs, 2 ** 30);
  for (let unit = 0; unit < steps.length; unit++) {
    const count = roundHalfEven((values[unit] as number) / (xScale * weight.scaleAt(0, unit)));
    steps[unit] = Math.min(Math.max(count, -most), most);
  }
  return steps;
}

/** The integers that an activation leaves. */
export function clampOf(
  activation: Int8Activation,
  { scale, zeroPoint, type }: Required<Quantization>,
): readonly [least: number, most: number] {
  const [least, most] = rangeOf(type);
  if (activation === 'linear') return [least, most];
  return [zeroPoint, activation === 'relu6' ? Math.min(most, zeroPoint + roundHalfEven(6 / scale)) : most];
}

function sums(x: QuantizedTensor, weight: QuantizedMatrix): Int32Array<ArrayBuffer> {
  const { inputs, units } = weight;
  return referenceInt8Product({
    ...{ x: x.values(), rows: x.size / inputs, inputs, units, w: weight.values() },
    xZero: () => x.zeroPoint,
    wZero: (unit) => weight.zeroPointAt(0, unit),
  });
}

/** @throws {TypeError | RangeError} unless x and an ungrouped weight can be multiplied. */
export function checkOperands(where: string, x: unknown, weight: unknown): void {
  checkQuantizedMatrix(where, 'weight', weight);
  checkQuantizedTensor(where, 'x', x, 1);
  const { inputs, units, groupSize } = weight;
  if (groupSize !== undefined)
    throw new RangeError(
      `${where}: weight has groups of ${groupSize} inputs, whose sums can't be added as integers; use quantizedLinear(), or a weight without groups.`,
    );
  if (x.shape.at(-1) !== inputs)
    throw new RangeError(
      `${where}: x has ${x.shape.at(-1)} values along its last axis (its shape is [${x.shape.join(', ')}]), but weight [${inputs}, ${units}] takes ${inputs}.`,
    );
}
