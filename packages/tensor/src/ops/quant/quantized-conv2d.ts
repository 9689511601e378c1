import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { referenceInt8Depthwise, referenceInt8Windows } from '../../kernels/reference/quant/int8-images.ts';
import { referenceInt8Product } from '../../kernels/reference/quant/int8-product.ts';
import { activationNames, SLOPE, type ActivationName } from '../activation-name.ts';
import { compose } from '../activation.ts';
import { checkChoice, checkNumber, checkTensor } from '../arguments.ts';
import type { LinearOptions } from '../linear.ts';
import { hasFamilyKernel, runKernel } from '../kernel.ts';
import { convolutionWindows, depthwiseWindows, type ConvolutionOptions } from './int8-conv2d.ts';
import type { Quantization } from './quantization.ts';
import { dynamicQuantize, quantizeTensor } from './quantize-tensor.ts';
import { checkQuantizedMatrix, type QuantizedMatrix } from './quantized-matrix.ts';
import { QuantizedTensor } from './quantized-tensor.ts';
import { fusible } from './quantized-linear.ts';

export interface QuantizedConv2dOptions extends ConvolutionOptions, LinearOptions {
  /** Of images that come as floats: as calibration found it, or by their own extremes (`dynamic`). Default `dynamic`. */
  readonly inputQuantization?: 'dynamic' | Quantization;
}

/**
 * A convolution with a quantized filter whose output is floats: y = activation(x * w + bias), the products and their sums in integers.
 * For where {@link int8Conv2d} can't be used: before a layer in float, or with an activation that is no clamp.
 *
 * @param x [batch, height, width, channels], 8-bit, or float32, which is quantized first.
 * @param filter [kernelHeight · kernelWidth · channels, filters]: a filter as tfjs has it, reshaped; without groups.
 * @param bias float32[filters]; none if left out.
 * @returns float32[batch, outHeight, outWidth, filters]; not differentiable: train with {@link fakeQuantize}.
 * @throws {TypeError | RangeError} if shapes don't fit, x has NaN or infinity, or an option is out of range.
 * @example
 * const filter = quantizeMatrix(tf.reshape(weight, [3 * 3 * 16, 32])); // weight: float32[3, 3, 16, 32]
 * const y = quantizedConv2d(images, filter, bias, { kernelSize: 3, pad: 'same', activation: 'silu' });
 */
export function quantizedConv2d(
  x: Tensor | QuantizedTensor,
  filter: QuantizedMatrix,
  bias: Tensor | undefined,
  options: QuantizedConv2dOptions,
): Tensor {
  const where = 'quantizedConv2d';
  return withIntegers(where, x, filter, bias, options, (q, { activation, slope }) => {
    const { batch, windows } = convolutionWindows(where, q, filter, options);
    const { outHeight, outWidth } = windows;
    const shape: [number, number, number, number] = [batch, outHeight, outWidth, filter.units];
    const rows = batch * outHeight * outWidth;
    if (hasFamilyKernel('quant', 'XInt8ToFloat')) {
      const fused = fusible[activation];
      const attributes = {
        ...{ matrix: filter, rows, windows, xZero: q.zeroPoint, xUnsigned: q.type === 'uint8', xScale: q.scale, slope },
        activation: fused ?? 'linear',
      };
      const y = tf.reshape(runKernel<Tensor>('XInt8ToFloat', bias ? { x: q.data, bias } : { x: q.data }, attributes), shape);
      return fused === undefined ? compose(y, activation, slope) : y;
    }
    const sums = referenceInt8Product({
      x: referenceInt8Windows({ x: q.values(), batch, zero: q.zeroPoint, windows }),
      ...{ rows, inputs: filter.inputs, units: filter.units, w: filter.values() },
      xZero: () => q.zeroPoint,
      wZero: (unit) => filter.zeroPointAt(0, unit),
    });
    return floats(sums, q.scale, filter, bias, shape, activation, slope);
  });
}

/**
 * A convolution of each channel by itself whose output is floats: see {@link quantizedConv2d}.
 *
 * @param filter [kernelHeight · kernelWidth, channels · multiplier], a depthwise filter of tfjs, reshaped; without groups.
 * @param bias float32[channels · multiplier]; none if left out.
 * @returns float32[batch, outHeight, outWidth, channels · multiplier].
 * @throws {TypeError | RangeError} if shapes don't fit, x has NaN or infinity, or an option is out of range.
 */
export function quantizedDepthwiseConv2d(
  x: Tensor | QuantizedTensor,
  filter: QuantizedMatrix,
  bias: Tensor | undefined,
  options: QuantizedConv2dOptions,
): Tensor {
  const where = 'quantizedDepthwiseConv2d';
  return withIntegers(where, x, filter, bias, options, (q, { activation, slope }) => {
    const { batch, windows, multiplier } = depthwiseWindows(where, q, filter, options);
    const shape: [number, number, number, number] = [batch, windows.outHeight, windows.outWidth, filter.units];
    if (hasFamilyKernel('quant', 'XInt8DepthwiseToFloat')) {
      const attributes = {
        ...{ matrix: filter, batch, windows, multiplier, xZero: q.zeroPoint, xUnsigned: q.type === 'uint8' },
        factors: Float32Array.from({ length: filter.units }, (_, unit) => factorOf(q.scale, filter, unit)),
      };
      return compose(runKernel<Tensor>('XInt8DepthwiseToFloat', bias ? { x: q.data, bias } : { x: q.data }, attributes), activation, slope);
    }
    const images = { x: q.values(), batch, zero: q.zeroPoint, windows };
    const sums = referenceInt8Depthwise(images, filter.values(), multiplier, (unit) => filter.zeroPointAt(0, unit));
    return floats(sums, q.scale, filter, bias, shape, activation, slope);
  });
}

/** Checks what both have, and runs with the images as integers. */
function withIntegers(
  where: string,
  x: Tensor | QuantizedTensor,
  filter: QuantizedMatrix,
  bias: Tensor | undefined,
  { activation = 'linear', slope = SLOPE, inputQuantization = 'dynamic' }: QuantizedConv2dOptions,
  run: (q: QuantizedTensor, settings: { readonly activation: ActivationName; readonly slope: number }) => Tensor,
): Tensor {
  checkQuantizedMatrix(where, 'filter', filter);
  if (bias !== undefined) checkTensor(where, 'bias', bias, { dtype: 'float32', shape: [filter.units] });
  checkChoice(where, 'activation', activation, activationNames);
  checkNumber(where, 'slope', slope);
  const isQuantized = x instanceof QuantizedTensor;
  if (!isQuantized) checkTensor(where, 'x', x, { dtype: 'float32', rank: 4 });
  return tf.tidy(() => {
    const q = isQuantized ? x : inputQuantization === 'dynamic' ? dynamicQuantize(x) : quantizeTensor(x, inputQuantization);
    return run(q, { activation, slope });
  });
}

/** What a unit's sums are multiplied by, as the kernels round it. */
function factorOf(xScale: number, filter: QuantizedMatrix, unit: number): number {
  return Math.fround(Math.fround(xScale) * filter.scaleAt(0, unit));
}

function floats(
  sums: Int32Array,
  xScale: number,
  filter: QuantizedMatrix,
  bias: Tensor | undefined,
  shape: [number, number, number, number],
  activation: ActivationName,
  slope: number,
): Tensor {
  const { units } = filter;
  const y = tf.tensor4d(
    Float32Array.from(sums, (sum, at) => Math.fround(sum) * factorOf(xScale, filter, at % units)),
    shape,
  );
  return compose(bias ? tf.add(y, bias) : y, activation, slope);
}
