import type { Tensor } from '@tensorflow/tfjs-core';
import { requantizationRoundings } from '../../kernels/quant/requantization.ts';
import { referenceInt8Depthwise, referenceInt8Windows } from '../../kernels/reference/quant/int8-images.ts';
import { referenceInt8Product } from '../../kernels/reference/quant/int8-product.ts';
import { checkChoice, checkTensor } from '../arguments.ts';
import { hasFamilyKernel, runKernel } from '../kernel.ts';
import { pair, windowsOf, type Pair, type WindowOptions } from './int8-geometry.ts';
import { int8Activations, kernelAttributes, requantized, type Int8LinearOptions } from './int8-linear.ts';
import { int8MaxPool } from './int8-pool.ts';
import { checkQuantization } from './quantization.ts';
import { checkQuantizedMatrix, type QuantizedMatrix } from './quantized-matrix.ts';
import { checkQuantizedTensor, QuantizedTensor } from './quantized-tensor.ts';

/** How a convolution's kernel lies on images. */
export interface ConvolutionOptions extends WindowOptions {
  /** Size of the kernel. */
  readonly kernelSize: Pair;
  /** Default 1. */
  readonly dilations?: Pair;
}

export interface Int8Conv2dOptions extends Int8LinearOptions, ConvolutionOptions {
  /**
   * Size of windows of the output, of each of which only the largest is given, as {@link int8MaxPool} does. Of 2 x 2, rounded by `fp32` and
   * without zero points of the filter, it is taken of the sums, and only what is left of them is rounded. Default: none.
   */
  readonly pool?: Pair;
}

/**
 * A convolution on 8-bit images, from the sums to the integers of the next layer in one pass, as {@link int8Linear}: a product of the windows
 * under the kernel and the filter. Around the image stands the input's zero point.
 *
 * @param x [batch, height, width, channels].
 * @param filter [kernelHeight · kernelWidth · channels, filters]: a filter as tfjs has it, reshaped; without groups.
 * @param bias float32[filters], or int32[filters] in steps of x.scale · filter scale; none if left out.
 * @returns [batch, outHeight, outWidth, filters], quantized as `output` says; with `pool` those over its sizes, rounded down.
 * @throws {TypeError | RangeError} if shapes don't fit or an option is out of range.
 * @example
 * const filter = quantizeMatrix(tf.reshape(weight, [3 * 3 * 16, 32])); // weight: float32[3, 3, 16, 32]
 * const y = int8Conv2d(x, filter, bias, { kernelSize: 3, pad: 'same', activation: 'relu', output });
 */
export function int8Conv2d(
  x: QuantizedTensor,
  filter: QuantizedMatrix,
  bias: Tensor | undefined,
  options: Int8Conv2dOptions,
): QuantizedTensor {
  const where = 'int8Conv2d';
  const { to, activation, rounding } = checked(where, x, filter, bias, options);
  const { batch, windows } = convolutionWindows(where, x, filter, options);
  const { outHeight, outWidth } = windows;
  if (options.pool !== undefined) {
    const pool = pair(where, 'pool', options.pool);
    const [rows, columns] = [outHeight >> 1, outWidth >> 1];
    const early = pool[0] === 2 && pool[1] === 2 && rounding === 'fp32' && !filter.zeroPoints && rows > 0 && columns > 0;
    if (!early || !hasFamilyKernel('quant', 'XInt8Linear')) return pooledLater(x, filter, bias, options);
    const attributes = {
      ...kernelAttributes(x, filter, bias, { activation, rounding }, to),
      ...{ rows: 4 * batch * rows * columns, windows: { ...windows, outHeight: rows, outWidth: columns }, pooled: true },
    };
    return new QuantizedTensor(runKernel<Tensor>('XInt8Linear', { x: x.data }, attributes), [batch, rows, columns, filter.units], to);
  }
  const shape = [batch, outHeight, outWidth, filter.units];
  const rows = batch * outHeight * outWidth;
  if (hasFamilyKernel('quant', 'XInt8Linear')) {
    const attributes = { ...kernelAttributes(x, filter, bias, { activation, rounding }, to), rows, windows };
    return new QuantizedTensor(runKernel<Tensor>('XInt8Linear', { x: x.data }, attributes), shape, to);
  }
  const sums = referenceInt8Product({
    x: referenceInt8Windows({ x: x.values(), batch, zero: x.zeroPoint, windows }),
    ...{ rows, inputs: filter.inputs, units: filter.units, w: filter.values() },
    xZero: () => x.zeroPoint,
    wZero: (unit) => filter.zeroPointAt(0, unit),
  });
  return requantized(sums, x.scale, filter, bias, { activation, rounding }, shape, to);
}

function pooledLater(
  x: QuantizedTensor,
  filter: QuantizedMatrix,
  bias: Tensor | undefined,
  { pool = 1, ...options }: Int8Conv2dOptions,
): QuantizedTensor {
  const y = int8Conv2d(x, filter, bias, options);
  try {
    return int8MaxPool(y, pool);
  } finally {
    y.dispose();
  }
}

/**
 * A convolution of each channel by itself on 8-bit images: see {@link int8Conv2d}.
 *
 * @param filter [kernelHeight · kernelWidth, channels · multiplier], a depthwise filter of tfjs, reshaped; of 5 to 8 bits, without groups.
 * @param bias float32[channels · multiplier], or int32 in steps of x.scale · filter scale; none if left out.
 * @returns [batch, outHeight, outWidth, channels · multiplier].
 * @throws {TypeError | RangeError} if shapes don't fit or an option is out of range.
 */
export function int8DepthwiseConv2d(
  x: QuantizedTensor,
  filter: QuantizedMatrix,
  bias: Tensor | undefined,
  options: Omit<Int8Conv2dOptions, 'pool'>,
): QuantizedTensor {
  const where = 'int8DepthwiseConv2d';
  const { to, activation, rounding } = checked(where, x, filter, bias, options);
  const { batch, windows, multiplier } = depthwiseWindows(where, x, filter, options);
  const { outHeight, outWidth } = windows;
  const shape = [batch, outHeight, outWidth, filter.units];
  if (hasFamilyKernel('quant', 'XInt8Depthwise')) {
    const attributes = { ...kernelAttributes(x, filter, bias, { activation, rounding }, to), batch, windows, multiplier };
    return new QuantizedTensor(runKernel<Tensor>('XInt8Depthwise', { x: x.data }, attributes), shape, to);
  }
  const images = { x: x.values(), batch, zero: x.zeroPoint, windows };
  const sums = referenceInt8Depthwise(images, filter.values(), multiplier, (unit) => filter.zeroPointAt(0, unit));
  return requantized(sums, x.scale, filter, bias, { activation, rounding }, shape, to);
}

function checked(where: string, x: QuantizedTensor, filter: QuantizedMatrix, bias: Tensor | undefined, options: Int8LinearOptions) {
  checkQuantizedTensor(where, 'x', x);
  checkQuantizedMatrix(where, 'filter', filter);
  const { activation = 'linear', rounding = 'fp32', output } = options;
  if (bias !== undefined) checkTensor(where, 'bias', bias, { dtype: ['float32', 'int32'], shape: [filter.units] });
  const to = checkQuantization(where, 'output', output);
  checkChoice(where, 'activation', activation, int8Activations);
  checkChoice(where, 'rounding', rounding, requantizationRoundings);
  return { to, activation, rounding };
}

/** @throws {RangeError} unless the filter is one of images like these. */
export function convolutionWindows(
  where: string,
  x: QuantizedTensor,
  filter: QuantizedMatrix,
  options: ConvolutionOptions,
): ReturnType<typeof windowsOf> {
  const geometry = geometryOf(where, x, filter, options);
  const { channels, kernelHeight, kernelWidth } = geometry.windows;
  if (filter.inputs !== kernelHeight * kernelWidth * channels)
    throw new RangeError(
      `${where}: filter [${filter.inputs}, ${filter.units}] must have kernelHeight · kernelWidth · channels = ${kernelHeight * kernelWidth * channels} rows.`,
    );
  return geometry;
}

/** @throws {RangeError} unless the filter is one of each channel of images like these. */
export function depthwiseWindows(
  where: string,
  x: QuantizedTensor,
  filter: QuantizedMatrix,
  options: ConvolutionOptions,
): ReturnType<typeof windowsOf> & { readonly multiplier: number } {
  const geometry = geometryOf(where, x, filter, options);
  const { channels, kernelHeight, kernelWidth } = geometry.windows;
  const multiplier = filter.units / channels;
  if (filter.inputs !== kernelHeight * kernelWidth || !Number.isInteger(multiplier))
    throw new RangeError(
      `${where}: filter [${filter.inputs}, ${filter.units}] must have kernelHeight · kernelWidth = ${kernelHeight * kernelWidth} rows, and a multiple of the ${channels} channels as columns.`,
    );
  return { ...geometry, multiplier };
}

function geometryOf(
  where: string,
  x: QuantizedTensor,
  filter: QuantizedMatrix,
  { kernelSize, strides = 1, pad = 'valid', dilations = 1 }: ConvolutionOptions,
): ReturnType<typeof windowsOf> {
  if (filter.groupSize !== undefined)
    throw new RangeError(
      `${where}: filter has groups of ${filter.groupSize} inputs, whose sums can't be added as integers; quantize it without groups.`,
    );
  return windowsOf(
    where,
    x.shape,
    pair(where, 'kernelSize', kernelSize),
    { strides: pair(where, 'strides', strides), pad },
    pair(where, 'dilations', dilations),
  );
}
