import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from '../argument-kinds.ts';
import { referenceInt8MaxPool, referenceInt8SumPool } from '../../kernels/reference/quant/int8-images.ts';
import { nearestEven } from '../../kernels/reference/quant/rounding.ts';
import { hasFamilyKernel, runKernel } from '../kernel.ts';
import { pair, windowsOf, type Pair, type WindowOptions } from './int8-geometry.ts';
import { checkQuantization, rangeOf, type Quantization } from './quantization.ts';
import { checkQuantizedTensor, fromBytes, QuantizedTensor } from './quantized-tensor.ts';

/**
 * The largest of each window of 8-bit images; the integers mean what they did.
 *
 * @param x [batch, height, width, channels].
 * @throws {TypeError | RangeError} if x is no such tensor or the window doesn't fit.
 */
export function int8MaxPool(x: QuantizedTensor, windowSize: Pair, options: WindowOptions = {}): QuantizedTensor {
  const { strides = windowSize, pad = 'valid' } = checkOptions('int8MaxPool', options);
  const { batch, windows } = geometry('int8MaxPool', x, windowSize, strides, pad);
  const shape = [batch, windows.outHeight, windows.outWidth, windows.channels];
  const attributes = { kernel: 'qs8_max_pool', batch, windows, xUnsigned: x.type === 'uint8', xZero: 0 };
  if (hasFamilyKernel('quant', 'XInt8Pool'))
    return new QuantizedTensor(runKernel<Tensor>('XInt8Pool', { x: x.data }, attributes), shape, x);
  const [least] = rangeOf(x.type);
  return fromBytes(Uint8Array.from(referenceInt8MaxPool({ x: x.values(), batch, zero: x.zeroPoint, windows }, least)), shape, x);
}

export interface Int8AveragePoolOptions extends WindowOptions {
  /** Default: as x is. */
  readonly output?: Quantization;
}

/**
 * The mean of each window of 8-bit images, of the positions inside: q = clamp(round(sum of (x - xZero) · f) + outputZero), f the float32
 * xScale / (count · outputScale), ties to even.
 *
 * @param x [batch, height, width, channels]; of at most 65535 positions a window.
 * @throws {TypeError | RangeError} if x is no such tensor or the window doesn't fit.
 */
export function int8AveragePool(x: QuantizedTensor, windowSize: Pair, options: Int8AveragePoolOptions = {}): QuantizedTensor {
  const { strides = windowSize, pad = 'valid', output } = checkOptions('int8AveragePool', options);
  const where = 'int8AveragePool';
  const { batch, windows } = geometry(where, x, windowSize, strides, pad);
  const to = checkQuantization(where, 'output', output ?? { scale: x.scale, zeroPoint: x.zeroPoint, type: x.type });
  const shape = [batch, windows.outHeight, windows.outWidth, windows.channels];
  const taps = windows.kernelHeight * windows.kernelWidth;
  const factors = Float32Array.from({ length: taps + 1 }, (_, count) => (count === 0 ? 0 : x.scale / (count * to.scale)));
  const [least, most] = rangeOf(to.type);
  if (hasFamilyKernel('quant', 'XInt8Pool')) {
    const ends = { zero: to.zeroPoint, least, most, unsigned: to.type === 'uint8' };
    const attributes = { kernel: 'qs8_average_pool', batch, windows, xUnsigned: x.type === 'uint8', xZero: x.zeroPoint, factors, ...ends };
    return new QuantizedTensor(runKernel<Tensor>('XInt8Pool', { x: x.data }, attributes), shape, to);
  }
  const { sums, counts } = referenceInt8SumPool({ x: x.values(), batch, zero: x.zeroPoint, windows });
  const values = Uint8Array.from(sums, (sum, at) => {
    const factor = factors[counts[Math.floor(at / windows.channels)] as number] as number;
    return Math.min(Math.max(nearestEven(Math.fround(Math.fround(sum) * factor)) + to.zeroPoint, least), most);
  });
  return fromBytes(values, shape, to);
}

function geometry(
  where: string,
  x: QuantizedTensor,
  windowSize: Pair,
  strides: Pair,
  pad: 'same' | 'valid' | number,
): ReturnType<typeof windowsOf> {
  checkQuantizedTensor(where, 'x', x);
  const kernel = pair(where, 'windowSize', windowSize);
  return windowsOf(where, x.shape, kernel, { strides: pair(where, 'strides', strides), pad }, [1, 1]);
}
