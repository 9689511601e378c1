import { tensor1d, tidy, util, type Tensor } from '@tensorflow/tfjs-core';
import { nearestEven } from '../../kernels/reference/quant/rounding.ts';
import { checkChoice, checkFunction } from '../arguments.ts';
import { hasFamilyKernel, runKernel } from '../kernel.ts';
import { clampOf, int8Activations, type Int8Activation } from './int8-linear.ts';
import { checkQuantization, rangeOf, type Quantization } from './quantization.ts';
import { checkQuantizedTensor, fromBytes, QuantizedTensor, wordsOf } from './quantized-tensor.ts';

/**
 * The sum of two 8-bit tensors of one shape, as of a residual connection: q = clamp(round((a - aZero) · fa + (b - bZero) · fb) + outputZero),
 * fa and fb the float32 aScale / outputScale and bScale / outputScale, each step rounded to float32, ties to even.
 *
 * @throws {TypeError | RangeError} if the shapes differ or an option is out of range.
 */
export function int8Add(
  a: QuantizedTensor,
  b: QuantizedTensor,
  { output, activation = 'linear' }: { readonly output: Quantization; readonly activation?: Int8Activation },
): QuantizedTensor {
  const where = 'int8Add';
  checkQuantizedTensor(where, 'a', a);
  checkQuantizedTensor(where, 'b', b);
  if (!util.arraysEqual(a.shape as number[], b.shape as number[]))
    throw new RangeError(`${where}: a has shape [${a.shape.join(', ')}] and b [${b.shape.join(', ')}], but both must have the same.`);
  const to = checkQuantization(where, 'output', output);
  checkChoice(where, 'activation', activation, int8Activations);
  const [least, most] = clampOf(activation, to);
  const [fa, fb] = [Math.fround(a.scale / to.scale), Math.fround(b.scale / to.scale)];
  if (hasFamilyKernel('quant', 'XInt8Add')) {
    const sides = {
      aZero: a.zeroPoint,
      aUnsigned: a.type === 'uint8',
      aFactor: fa,
      bZero: b.zeroPoint,
      bUnsigned: b.type === 'uint8',
      bFactor: fb,
    };
    const attributes = { ...sides, count: a.size, zero: to.zeroPoint, least, most, unsigned: to.type === 'uint8' };
    return new QuantizedTensor(runKernel<Tensor>('XInt8Add', { a: a.data, b: b.data }, attributes), a.shape, to);
  }
  const right = b.values();
  const values = Uint8Array.from(Int32Array.from(a.values()), (value, i) => {
    const sum = Math.fround(Math.fround((value - a.zeroPoint) * fa) + Math.fround(((right[i] as number) - b.zeroPoint) * fb));
    return Math.min(Math.max(nearestEven(sum) + to.zeroPoint, least), most);
  });
  return fromBytes(values, a.shape, to);
}

/**
 * A function of each number of an 8-bit tensor, by a table of its 256 results: any activation, or another scale.
 *
 * q = saturate(round(f(x) / outputScale) + outputZero), ties to even.
 *
 * @param f From a real number to one; what it makes NaN of becomes the zero point.
 * @throws {TypeError | RangeError} if an argument is invalid.
 * @example
 * const y = int8Map(x, (value) => 1 / (1 + Math.exp(-value)), { scale: 1 / 256, zeroPoint: -128 }); // sigmoid, as TensorFlow Lite has it
 */
export function int8Map(x: QuantizedTensor, f: (value: number) => number, output: Quantization): QuantizedTensor {
  const where = 'int8Map';
  checkQuantizedTensor(where, 'x', x);
  checkFunction(where, 'f', f);
  const to = checkQuantization(where, 'output', output);
  const [least, most] = rangeOf(to.type);
  const table = new Uint8Array(256);
  for (let bits = 0; bits < 256; bits++) {
    const q = x.type === 'int8' && bits > 127 ? bits - 256 : bits;
    const value = f((q - x.zeroPoint) * x.scale);
    const rounded = Number.isNaN(value) ? 0 : nearestEven(Math.fround(Math.fround(value) / Math.fround(to.scale)));
    table[bits] = Math.min(Math.max(rounded + to.zeroPoint, least), most);
  }
  if (hasFamilyKernel('quant', 'XInt8Map')) {
    const data = tidy(() => runKernel<Tensor>('XInt8Map', { x: x.data, table: tensor1d(wordsOf(table), 'int32') }, { count: x.size }));
    return new QuantizedTensor(data, x.shape, to);
  }
  const values = x.values();
  return fromBytes(
    Uint8Array.from(values, (value) => table[value & 255] as number),
    x.shape,
    to,
  );
}
