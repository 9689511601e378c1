import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import { referenceDequantize, referenceQuantize } from '../../kernels/reference/quant/quantize.ts';
import { checkOptions } from '../argument-kinds.ts';
import { checkTensor } from '../arguments.ts';
import { hasFamilyKernel, runKernel } from '../kernel.ts';
import { checkQuantization, chooseQuantization, rangeOf, type Int8Type, type Quantization } from './quantization.ts';
import { checkQuantizedTensor, fromBytes, QuantizedTensor } from './quantized-tensor.ts';

/**
 * Numbers to 8-bit integers: q = saturate(round(x / scale) + zeroPoint), ties to even, rounded before the zero point is added.
 *
 * @param x float32 of any shape. Infinities saturate.
 * @throws {TypeError | RangeError} if x is no float32 tensor or holds NaN, or scale or zeroPoint is invalid.
 * @example
 * const q = quantizeTensor(tf.tensor1d([0, 2, 3, 1000, -254]), { scale: 2, zeroPoint: 128, type: 'uint8' });
 * q.values(); // => Uint8Array [128, 129, 130, 255, 1]
 *
 * As ONNX's QuantizeLinear.
 */
export function quantizeTensor(x: Tensor, quantization: Quantization): QuantizedTensor {
  const where = 'quantizeTensor';
  checkTensor(where, 'x', x, { dtype: 'float32' });
  const checked = checkQuantization(where, 'quantization', quantization);
  if (hasFamilyKernel('quant', 'XQuantize')) return new QuantizedTensor(runKernel<Tensor>('XQuantize', { x }, checked), x.shape, checked);
  const values = x.dataSync() as Float32Array;
  refuseNaN(where, values);
  const [least, most] = rangeOf(checked.type);
  const integers = referenceQuantize(values, checked.scale, checked.zeroPoint, least, most);
  return fromBytes(Uint8Array.from(integers), x.shape, checked);
}

/**
 * The numbers that integers stand for: scale · (q - zeroPoint).
 *
 * @returns float32 of the same shape.
 * @throws {TypeError | Error} if it is no live quantized tensor.
 */
export function dequantizeTensor(q: QuantizedTensor): Tensor {
  checkQuantizedTensor('dequantizeTensor', 'q', q);
  const { data, shape, scale, zeroPoint, type } = q;
  if (hasFamilyKernel('quant', 'XDequantize')) return runKernel<Tensor>('XDequantize', { data }, { shape, scale, zeroPoint, type });
  return tensor(referenceDequantize(q.values(), q.scale, q.zeroPoint), q.shape as number[]);
}

export interface DynamicQuantizeOptions {
  /** Default `int8`. */
  readonly type?: Int8Type;
  /** Default false: the zero point is chosen so that all integers are used. */
  readonly symmetric?: boolean;
}

/**
 * Numbers to 8-bit integers by their own extremes: {@link chooseQuantization} of the least and largest, then {@link quantizeTensor}.
 *
 * @throws {TypeError | RangeError} if x is no float32 tensor, or holds NaN or infinity.
 *
 * With `type: 'uint8'` as ONNX's DynamicQuantizeLinear.
 */
export function dynamicQuantize(x: Tensor, options: DynamicQuantizeOptions = {}): QuantizedTensor {
  const { type = 'int8', symmetric = false } = checkOptions('dynamicQuantize', options);
  const where = 'dynamicQuantize';
  checkTensor(where, 'x', x, { dtype: 'float32' });
  const [min, max] = extremesOf(x);
  if (!Number.isFinite(max - min))
    throw new RangeError(`${where}: x goes from ${min} to ${max}, but only finite numbers have a range to quantize.`);
  return quantizeTensor(x, chooseQuantization(min, max, { type, symmetric }));
}

/** The least and largest of a tensor, and NaN if it has one; 0 if it is empty. */
export function extremesOf(x: Tensor): readonly [min: number, max: number] {
  if (x.size === 0) return [0, 0];
  if (hasFamilyKernel('quant', 'XExtremes')) {
    const ends = runKernel<Tensor>('XExtremes', { x });
    const [min, max] = ends.dataSync() as Float32Array;
    ends.dispose();
    return [min as number, max as number];
  }
  let [min, max] = [Infinity, -Infinity];
  for (const value of x.dataSync() as Float32Array) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return [min, max];
}

function refuseNaN(where: string, values: Float32Array): void {
  const at = values.findIndex((value) => Number.isNaN(value));
  if (at >= 0) throw new RangeError(`${where}: x has NaN at element ${at}, which no integer stands for; find out where it came from.`);
}
