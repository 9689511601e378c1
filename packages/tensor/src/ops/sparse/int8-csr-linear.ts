import { reshape, tensor, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { referenceInt8Spmm } from '../../kernels/reference/sparse/int8-products.ts';
import { SLOPE } from '../activation-name.ts';
import { checkOptions } from '../argument-kinds.ts';
import { describe } from '../arguments.ts';
import { hasFamilyKernel, runKernel } from '../kernel.ts';
import type { LinearOptions } from '../linear.ts';
import { checkQuantization, chooseQuantization, type Quantization } from '../quant/quantization.ts';
import { extremesOf, quantizeTensor } from '../quant/quantize-tensor.ts';
import { asMatrix, checkLinear, fused, unfused } from './linear-arguments.ts';
import { QuantizedCsr } from './quantized-csr.ts';

const KERNEL = 'XInt8CsrLinear';

export interface Int8CsrLinearOptions extends LinearOptions {
  /** How x becomes 8-bit integers: as calibration found, of type `int8`, or by its own range. Default `dynamic`. */
  readonly inputQuantization?: Quantization | 'dynamic';
}

/**
 * A linear map by a sparse matrix of 8-bit integers: y = activation(x̂·Ŝᵀ + bias), x̂ the integers of x and Ŝ those of the matrix, with what
 * they stand for. Sums of integers are exact, and the result is the same bits on every tier and for any number of threads.
 *
 * @param x float32[..., columns].
 * @param bias float32[rows]; none if left out.
 * @returns float32[..., rows]; not differentiable.
 * @throws {TypeError | RangeError} if an argument has another dtype or shape, x holds NaN, or an option is invalid.
 * @throws {Error} on our backend unless the kernels of `sparse` and `quant` are loaded.
 * @example
 * const runtime = await enable();
 * await Promise.all([runtime.load('sparse'), runtime.load('quant')]);
 * const s = quantizeCsr(Float32Array.of(1, -2, 3), csrPattern(2, 3, Int32Array.of(0, 2, 3), Int32Array.of(0, 2, 1)));
 * int8CsrLinear(tf.tensor2d([[1, 2, 3]]), s).print(); // [[-5, 6]] but for the rounding
 */
export function int8CsrLinear(x: Tensor, matrix: QuantizedCsr, bias?: Tensor, options: Int8CsrLinearOptions = {}): Tensor {
  const { activation = 'linear', slope = SLOPE, inputQuantization = 'dynamic' } = checkOptions('int8CsrLinear', options);
  const where = 'int8CsrLinear';
  if (!(matrix instanceof QuantizedCsr))
    throw new TypeError(`${where}: matrix is ${describe(matrix)}, but must be what quantizeCsr() made.`);
  if (matrix.isDisposed) throw new Error(`${where}: the matrix is disposed; dispose it only after its last use.`);
  const { rows, columns } = matrix;
  checkLinear(where, x, matrix, bias, activation, slope);
  const given = inputQuantization === 'dynamic' ? undefined : checkQuantization(where, 'inputQuantization', inputQuantization);
  if (given?.type === 'uint8') throw new RangeError(`${where}: inputQuantization.type is "uint8", but must be "int8".`);
  return tidy(() => {
    const { scale, zeroPoint } = given ?? ownQuantization(where, x);
    const input = asMatrix(x, columns);
    const batch = input.shape[0] as number;
    let y: Tensor;
    if (hasFamilyKernel('sparse', KERNEL) && hasFamilyKernel('quant', 'XQuantize')) {
      const inputs = bias === undefined ? { x: input } : { x: input, bias };
      const attributes = { matrix, scale, zeroPoint, slope };
      y = fused(activation, slope, (kernelActivation) =>
        runKernel<Tensor>(KERNEL, inputs, { ...attributes, activation: kernelActivation }),
      );
    } else {
      const integers = quantizeTensor(input, { scale, zeroPoint }).values() as Int8Array;
      const numbers = bias?.dataSync() as Float32Array | undefined;
      const product = referenceInt8Spmm(matrix, integers, batch, columns, { inputScale: scale, zero: zeroPoint, bias: numbers });
      y = unfused(tensor(product, [batch, rows]), undefined, activation, slope);
    }
    return x.rank === 2 ? y : reshape(y, [...x.shape.slice(0, -1), rows]);
  });
}

/** By the least and largest of all of x. */
function ownQuantization(where: string, x: Tensor): Required<Quantization> {
  const [min, max] = extremesOf(x);
  if (!Number.isFinite(max - min))
    throw new RangeError(`${where}: x goes from ${min} to ${max}, but only finite numbers have a range to quantize.`);
  return chooseQuantization(Math.min(min, 0), Math.max(max, 0));
}
