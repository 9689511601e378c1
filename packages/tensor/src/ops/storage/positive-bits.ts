import { tensor, tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import { checkTensor } from '../arguments.ts';
import { hasFamilyKernel, runKernel } from '../kernel.ts';

/**
 * A bit for each number, whether it is above 0: what the gradient of a rectifier needs, in a 32nd of the bytes.
 *
 * @param x float32 of any shape.
 * @returns int32[ceil(size / 32)], the first number in the lowest bit of the first word.
 * @throws {TypeError} if x has another dtype.
 */
export function positiveBits(x: Tensor): Tensor {
  checkTensor('positiveBits', 'x', x, { dtype: 'float32' });
  if (hasFamilyKernel('storage', 'XPositive')) return runKernel<Tensor>('XPositive', { x });
  const words = new Int32Array(Math.ceil(x.size / 32));
  (x.dataSync() as Float32Array).forEach((value, i) => {
    if (value > 0) words[i >> 5]! |= 1 << (i & 31);
  });
  return tensor1d(words, 'int32');
}

/**
 * The numbers whose bit is set, 0 for the others: dy · (x > 0) of `bits = positiveBits(x)`.
 *
 * @param x float32 of any shape.
 * @param bits As {@link positiveBits} gave them, of a tensor of that size.
 * @throws {TypeError | RangeError} if a tensor has another dtype or size.
 */
export function wherePositive(x: Tensor, bits: Tensor): Tensor {
  checkTensor('wherePositive', 'x', x, { dtype: 'float32' });
  checkTensor('wherePositive', 'bits', bits, { dtype: 'int32', shape: [Math.ceil(x.size / 32)] });
  if (hasFamilyKernel('storage', 'XWherePositive')) return runKernel<Tensor>('XWherePositive', { x, bits });
  const words = bits.dataSync() as Int32Array;
  return tensor(
    (x.dataSync() as Float32Array).map((value, i) => (((words[i >> 5] as number) >> (i & 31)) & 1 ? value : 0)),
    x.shape,
  );
}
