import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { HalfFormat } from '../../kernels/half.ts';
import { codeOfHalf, valueOfHalf } from '../../kernels/reference/half.ts';
import { checkOptions } from '../argument-kinds.ts';
import { checkChoice, checkTensor, describe } from '../arguments.ts';
import { hasFamilyKernel, runKernel } from '../kernel.ts';

export const halfFormats: readonly HalfFormat[] = ['float16', 'bfloat16'];

/** A tensor stored in 16 bits a value; make one with {@link toHalf}. */
export interface HalfTensor {
  readonly format: HalfFormat;
  readonly shape: readonly number[];
  /** Two codes in a word, the first in its lower half: int32[ceil(size / 2)]. */
  readonly bits: Tensor;
  dispose(): void;
}

export interface HalfOptions {
  /** `float16`: 5 bits of exponent and 11 of precision, up to 65504; `bfloat16`: the range of float32 and 8 bits of precision. Default `float16`. */
  readonly format?: HalfFormat;
}

/**
 * Stores a tensor in half the bytes: each value is rounded to the nearest number of the format, ties to the even one.
 * What is too large becomes infinity; NaN stays NaN, with the upper part of its payload.
 *
 * @param x float32 of any shape; it is read, not disposed. Not differentiated.
 * @throws {TypeError | RangeError} if x is no float32 tensor or there is no such format.
 * @throws {Error} on our backend if the kernels of 16 bits are not loaded.
 * @example
 * await (await enable()).load('half');
 * const half = toHalf(tf.tensor1d([1 / 3]));
 * fromHalf(half).print(); // [0.3332520]
 *
 * IEEE 754-2019, binary16; on other backends than ours the values are converted one by one in JavaScript.
 */
export function toHalf(x: Tensor, options: HalfOptions = {}): HalfTensor {
  const { format = 'float16' } = checkOptions('toHalf', options);
  checkTensor('toHalf', 'x', x, { dtype: 'float32' });
  checkChoice('toHalf', 'format', format, halfFormats);
  const bits = hasFamilyKernel('half', 'XToHalf') ? runKernel<Tensor>('XToHalf', { x }, { format }) : converted(x, format);
  return { format, shape: x.shape, bits, dispose: () => bits.dispose() };
}

/**
 * The values of a stored tensor, exactly.
 *
 * @returns float32 of its shape.
 * @throws {TypeError} if it is no stored tensor.
 * @throws {Error} if it is disposed, or on our backend if the kernels of 16 bits are not loaded.
 */
export function fromHalf(half: HalfTensor): Tensor {
  checkHalf('fromHalf', 'half', half);
  const { format, bits } = half;
  const shape = [...half.shape];
  if (hasFamilyKernel('half', 'XFromHalf')) return runKernel<Tensor>('XFromHalf', { bits }, { format, shape });
  const codes = new Uint16Array((bits.dataSync() as Int32Array).buffer);
  return tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => valueOfHalf(format, codes[i] as number)),
    shape,
  );
}

/** @throws {TypeError | Error} if the argument is no stored tensor, or is disposed. */
export function checkHalf(where: string, name: string, value: unknown): void {
  const given = value as Partial<HalfTensor> | null | undefined;
  if (typeof given !== 'object' || given === null || !halfFormats.includes(given.format as HalfFormat) || !Array.isArray(given.shape))
    throw new TypeError(`${where}: ${name} is ${describe(value)}, but must be a stored tensor; make one with toHalf().`);
  checkTensor(where, `${name}.bits`, given.bits, { dtype: 'int32' });
}

function converted(x: Tensor, format: HalfFormat): Tensor {
  const values = x.dataSync() as Float32Array;
  const codes = new Uint16Array(2 * Math.ceil(values.length / 2));
  values.forEach((value, i) => (codes[i] = codeOfHalf(format, value)));
  return tf.tensor1d(new Int32Array(codes.buffer), 'int32');
}
