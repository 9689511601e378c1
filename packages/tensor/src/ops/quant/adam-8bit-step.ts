import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { dynamicCodes } from '../../kernels/quant/dynamic-map.ts';
import { referenceAdam8, type Adam8Numbers } from '../../kernels/reference/quant/adam8.ts';
import { referenceAdam8Float } from '../../kernels/reference/quant/adam8-float.ts';
import { makeWritable } from '../../optimizers/writable.ts';
import { checkOptions } from '../argument-kinds.ts';
import { checkChoice, checkNumber, checkTensor } from '../arguments.ts';
import { hasFamilyKernel, runKernel } from '../kernel.ts';

/** A parameter's two running means in 8 bits: codes four to a word, int32[ceil(size / 4)], and scales, float32[ceil(size / block)]. */
export interface Adam8bitState {
  readonly mean: Variable;
  readonly square: Variable;
  readonly meanScale: Variable;
  readonly squareScale: Variable;
}

/** What the bytes of a state stand for. */
export type Adam8bitCode = NonNullable<Adam8Numbers['code']>;
const adam8bitCodes: readonly Adam8bitCode[] = ['dynamic', 'float8'];

export type { Adam8Numbers as Adam8bitNumbers } from '../../kernels/reference/quant/adam8.ts';

/**
 * One step of AdamW on a parameter whose running means are kept as 8-bit codes, in place, one pass over memory: decode, update in float32,
 * encode by the largest of each block.
 *
 * - `float8`: a mean is ±((1 + m/8)·2^e - 1)·s with 4 bits of e and 3 of m, s the largest of its block over 61438; a square (1 + m/8)·2^e·t with 5 bits
 *   of e and 3 of m, t the largest over 1.875·2^31: so it is never 0 beside a mean that isn't. A number between two codes becomes the upper one, over
 *   the steps, as often as it is near to it, by a golden-ratio sequence over steps and elements: a mean of 1000 steps, of which each changes less than
 *   half of what codes lie apart, moves all the same. Gradients within a block may differ 10^4 times; smaller ones move their parameters by less.
 * - `dynamic`: the paper's map, and the nearest code, of two that are equally near but for one part in 2^19 either. A square that is less than
 *   1.6·10^-7 of its block's largest becomes 0, and its parameter then moves far. It takes three times as long.
 *
 * @param parameter float32 of any shape; changed.
 * @param gradient float32 of the same shape.
 * @param state As {@link adam8bitState} made it; changed.
 * @throws {TypeError | RangeError | Error} if a tensor has another dtype or size, is disposed, or a number is out of range.
 *
 * T. Dettmers et al., "8-bit Optimizers via Block-wise Quantization", 2021, arXiv 2110.02861.
 */
export function adam8bitStep(parameter: Variable, gradient: Tensor, state: Adam8bitState, numbers: Adam8Numbers): void {
  const where = 'adam8bitStep';
  checkTensor(where, 'parameter', parameter, { dtype: 'float32' });
  checkTensor(where, 'gradient', gradient, { dtype: 'float32', shape: parameter.shape });
  const { code = 'float8', block, learningRate, beta1, beta2, epsilon, step, weightDecay } = numbers;
  const unit = checkBlock(where, code, block);
  checkNumber(where, 'learningRate', learningRate, { least: 0 });
  checkNumber(where, 'beta1', beta1, { least: 0, below: 1 });
  checkNumber(where, 'beta2', beta2, { least: 0, below: 1 });
  checkNumber(where, 'epsilon', epsilon, { least: 0 });
  checkNumber(where, 'step', step, { least: 1, whole: true });
  checkNumber(where, 'weightDecay', weightDecay, { least: 0 });
  const { mean: m, square: v, meanScale: mScales, squareScale: vScales } = state;
  const [words, blocks] = [Math.ceil(parameter.size / unit) * (unit / 4), Math.ceil(parameter.size / block)];
  checkTensor(where, 'state.mean', m, { dtype: 'int32', shape: [words] });
  checkTensor(where, 'state.square', v, { dtype: 'int32', shape: [words] });
  checkTensor(where, 'state.meanScale', mScales, { dtype: 'float32', shape: [blocks] });
  checkTensor(where, 'state.squareScale', vScales, { dtype: 'float32', shape: [blocks] });
  if (hasFamilyKernel('quant', 'XAdam8Update')) {
    for (const written of [parameter, m, v, mScales, vScales]) makeWritable(written);
    runKernel<Tensor[]>('XAdam8Update', { value: parameter, gradient, m, v, mScales, vScales }, numbers);
    return;
  }
  const copy = (variable: Variable): Float32Array => (variable.dataSync() as Float32Array).slice();
  const bytes = (variable: Variable): Uint8Array<ArrayBuffer> =>
    new Uint8Array((variable.dataSync() as Int32Array).slice().buffer as ArrayBuffer);
  const next = { value: copy(parameter), m: bytes(m), v: bytes(v), mScales: copy(mScales), vScales: copy(vScales) };
  (code === 'float8' ? referenceAdam8Float : referenceAdam8)({ ...next, gradient: gradient.dataSync() as Float32Array }, numbers);
  tf.tidy(() => {
    parameter.assign(tf.tensor(next.value, parameter.shape));
    m.assign(tf.tensor1d(new Int32Array(next.m.buffer), 'int32'));
    v.assign(tf.tensor1d(new Int32Array(next.v.buffer), 'int32'));
    mScales.assign(tf.tensor1d(next.mScales));
    vScales.assign(tf.tensor1d(next.vScales));
  });
}

/** Elements whose codes lie together, after checking that blocks are made of such. */
function checkBlock(where: string, code: Adam8bitCode, block: number): number {
  checkChoice(where, 'code', code, adam8bitCodes);
  const unit = code === 'float8' ? 32 : 4;
  checkNumber(where, 'block', block, { least: unit, most: 65536, whole: true });
  if (block % unit !== 0) throw new RangeError(`${where}: block is ${block}, but must be a multiple of ${unit} for the code ${code}.`);
  return unit;
}

/**
 * The state of a parameter of so many elements before the first {@link adam8bitStep}: codes of 0 with scales of 0; with `float8` for as many elements as
 * whole 32 hold.
 */
export function adam8bitState(size: number, options: { readonly block?: number; readonly code?: Adam8bitCode } = {}): Adam8bitState {
  const where = 'adam8bitState';
  const { block = 256, code = 'float8' } = checkOptions(where, options);
  checkNumber(where, 'size', size, { least: 1, whole: true });
  const unit = checkBlock(where, code, block);
  return tf.tidy(() => {
    const codes = (signed: boolean): Variable => {
      const zero = code === 'float8' ? 0 : dynamicCodes(signed).indexOf(0);
      return tf.variable(tf.fill([Math.ceil(size / unit) * (unit / 4)], Math.imul(zero, 0x01010101), 'int32'), false);
    };
    const scales = (): Variable => tf.variable(tf.zeros([Math.ceil(size / block)]), false);
    return { mean: codes(true), square: codes(false), meanScale: scales(), squareScale: scales() };
  });
}
