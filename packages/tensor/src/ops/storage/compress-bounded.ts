import { tensor, tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import { referenceBound, referenceUnbound } from '../../kernels/reference/storage/bounded.ts';
import { chunksOf, stepOfBound } from '../../kernels/storage/bounded.ts';
import { checkNumber, checkTensor, describe } from '../arguments.ts';
import { hasFamilyKernel, runKernel } from '../kernel.ts';

/** Numbers with a bounded error, as {@link compressBounded} makes them; `tf.tidy` and `tf.dispose` see its tensor. */
export interface BoundedTensor {
  /** int32: where each chunk of 4096 numbers begins, in bytes, and the chunks. */
  readonly codes: Tensor;
  readonly shape: readonly number[];
  /** Restored numbers are within it, and whole multiples of nearly twice of it. */
  readonly bound: number;
}

/** What a bound may be, so that a step and its inverse are normal float32 numbers. */
const BOUNDS = { least: 1e-30, most: 1e30 } as const;

/**
 * Numbers in as few bits as a bounded error allows: |x - restoreBounded(compressBounded(x))| ≤ bound for each, and 0 stays 0.
 *
 * Steps of 2·bound, less a 128th for what float32 rounds. Each block of 64 takes as many bits a number as its largest step needs, or a bit a
 * number and so many for each that isn't 0, whichever is less; a block of zeros takes a byte. Blocks that hold numbers beyond 16,384 steps are kept as float32.
 *
 * @param x float32 of any shape.
 * @param bound From 1e-30 to 1e30.
 * @throws {TypeError | RangeError} if x is no float32 tensor or holds NaN or infinity, or the bound is out of range.
 * @throws {Error} on our backend if the kernels of `storage` are not loaded.
 * @example
 * const kept = compressBounded(activations, 0.01);
 * const x = restoreBounded(kept); // later, in the backward pass
 *
 * S. Jin et al., "COMET: A Novel Memory-Efficient Deep Learning Training Framework by Using Error-Bounded Lossy Compression", 2021,
 * arXiv 2111.09562, with this coder instead of SZ's prediction and Huffman codes.
 */
export function compressBounded(x: Tensor, bound: number): BoundedTensor {
  const where = 'compressBounded';
  checkTensor(where, 'x', x, { dtype: 'float32' });
  checkNumber(where, 'bound', bound, BOUNDS);
  const step = stepOfBound(bound);
  const { shape } = x;
  if (hasFamilyKernel('storage', 'XBound')) return { codes: runKernel<Tensor>('XBound', { x }, { step }), shape, bound };
  const values = x.dataSync() as Float32Array;
  const odd = values.findIndex((value) => !Number.isFinite(value));
  if (odd >= 0)
    throw new RangeError(`${where}: x has ${values[odd]} at element ${odd}, whose error has no bound; find out where it came from.`);
  return { codes: tensor1d(new Int32Array(referenceBound(values, step).buffer), 'int32'), shape, bound };
}

/**
 * The numbers again, within the bound.
 *
 * @returns float32 of the shape that was compressed.
 * @throws {TypeError | RangeError | Error} if it is not what {@link compressBounded} gave, or disposed.
 */
export function restoreBounded(compressed: BoundedTensor): Tensor {
  const where = 'restoreBounded';
  if (typeof compressed !== 'object' || compressed === null)
    throw new TypeError(`${where}: compressed is ${describe(compressed)}, but must be what compressBounded() gave.`);
  const { codes, shape, bound } = compressed;
  checkTensor(where, 'compressed.codes', codes, { dtype: 'int32', rank: 1 });
  checkNumber(where, 'compressed.bound', bound, BOUNDS);
  const step = stepOfBound(bound);
  const size = shape.reduce((a, b) => a * b, 1);
  if (codes.size < chunksOf(size) + Math.ceil(size / 256))
    throw new RangeError(`${where}: compressed has ${codes.size} words, which is too few for shape [${shape.join(', ')}].`);
  if (hasFamilyKernel('storage', 'XUnbound')) return runKernel<Tensor>('XUnbound', { codes }, { shape, step });
  const words = codes.dataSync() as Int32Array;
  return tensor(referenceUnbound(new Uint8Array(words.buffer, words.byteOffset, words.byteLength), size, step), shape as number[]);
}
