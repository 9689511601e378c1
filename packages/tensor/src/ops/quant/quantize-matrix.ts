import type { Tensor } from '@tensorflow/tfjs-core';
import { roundHalfEven } from '../../kernels/reference/quant/rounding.ts';
import { checkOptions } from '../argument-kinds.ts';
import { checkChoice, checkNumber, checkTensor } from '../arguments.ts';
import { checkGroupSize, quantizedMatrix, type QuantizedMatrix } from './quantized-matrix.ts';

export interface QuantizeMatrixOptions {
  /** Width, 2 to 8. Default 8. */
  readonly bits?: number;
  /** One scale for all, or one a unit. With groupSize, one a unit and group whatever this says. Default `channel`. */
  readonly granularity?: 'tensor' | 'channel';
  /** Inputs that share a scale, a multiple of 8 that divides them. Default: all. */
  readonly groupSize?: number;
  /** Zero points of 0, and integers from -(2^(bits - 1) - 1): as TFLite, and no sums of activations are needed. Default true. */
  readonly symmetric?: boolean;
}

/**
 * A weight, quantized by the extremes of each channel or group, to the nearest, ties to even.
 *
 * Symmetric: scale = max|w| / (2^(bits - 1) - 1). Else: scale = (max(w, 0) - min(w, 0)) / (2^bits - 1), zeroPoint as of
 * {@link chooseQuantization}. A channel of zeros has scale 1.
 *
 * @param weight float32[inputs, units].
 * @throws {TypeError | RangeError} if weight is no such tensor or holds NaN or infinity, or an option is out of range.
 * @example
 * const weight = quantizeMatrix(tf.randomNormal([784, 128]), { bits: 4, groupSize: 56 });
 */
export function quantizeMatrix(weight: Tensor, options: QuantizeMatrixOptions = {}): QuantizedMatrix {
  const { bits = 8, granularity = 'channel', groupSize, symmetric = true } = checkOptions('quantizeMatrix', options);
  const where = 'quantizeMatrix';
  checkTensor(where, 'weight', weight, { dtype: 'float32', rank: 2 });
  checkNumber(where, 'bits', bits, { least: 2, most: 8, whole: true });
  checkChoice(where, 'granularity', granularity, ['tensor', 'channel']);
  const [inputs, units] = weight.shape as [number, number];
  checkGroupSize(where, groupSize, inputs);
  const w = weight.dataSync() as Float32Array;
  const size = groupSize ?? inputs;
  const whole = granularity === 'tensor' && groupSize === undefined;
  const count = whole ? 1 : (inputs / size) * units;
  const low = new Float32Array(count);
  const high = new Float32Array(count);
  const placeOf = (input: number, unit: number): number => (whole ? 0 : Math.floor(input / size) * units + unit);
  for (let input = 0; input < inputs; input++) {
    for (let unit = 0; unit < units; unit++) {
      const value = w[input * units + unit] as number;
      if (!Number.isFinite(value))
        throw new RangeError(
          `${where}: weight[${input}, ${unit}] is ${value}, but only finite numbers can be quantized; find out where it came from.`,
        );
      const at = placeOf(input, unit);
      if (value < (low[at] as number)) low[at] = value;
      if (value > (high[at] as number)) high[at] = value;
    }
  }
  const most = 2 ** (bits - 1) - 1;
  const least = symmetric ? -most : -most - 1;
  const scales = new Float32Array(count);
  const zeroPoints = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const [from, to] = [low[i] as number, high[i] as number];
    const scale = Math.fround(symmetric ? Math.max(-from, to) / most : (to - from) / (2 ** bits - 1));
    scales[i] = scale > 0 ? scale : 1;
    if (!symmetric) zeroPoints[i] = Math.min(Math.max(roundHalfEven(least - from / (scales[i] as number)), least), most);
  }
  const values = new Int8Array(w.length);
  for (let input = 0; input < inputs; input++) {
    for (let unit = 0; unit < units; unit++) {
      const at = placeOf(input, unit);
      const rounded = roundHalfEven(Math.fround((w[input * units + unit] as number) / (scales[at] as number))) + (zeroPoints[at] as number);
      values[input * units + unit] = Math.min(Math.max(rounded, least), most);
    }
  }
  return quantizedMatrix(values, inputs, units, { scales, zeroPoints, bits, ...(groupSize !== undefined && { groupSize }) });
}
