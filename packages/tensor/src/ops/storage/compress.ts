import { tensor, tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import { referenceCompress, referenceRestore } from '../../kernels/reference/storage/compress.ts';
import { checkKey, type Key } from '../../random/key.ts';
import { checkNumber, checkTensor, describe } from '../arguments.ts';
import { hasFamilyKernel, runKernel } from '../kernel.ts';
import { draws } from './draws.ts';

/** Numbers in few bits, as {@link compress} makes them; `tf.tidy` and `tf.dispose` see its tensors. */
export interface CompressedTensor {
  /** int32: codes. */
  readonly codes: Tensor;
  /** float32[groups · 2]: the least number and the step of each group. */
  readonly ranges: Tensor;
  readonly shape: readonly number[];
  readonly bits: number;
  readonly groupSize: number;
}

export interface CompressOptions {
  /** Draws what rounds up or down: the same key gives the same codes everywhere. */
  readonly key: Key;
  /** 2, 4 or 8. Default 2. */
  readonly bits?: 2 | 4 | 8;
  /** Numbers that share a range, a multiple of 64. Default 256. */
  readonly groupSize?: number;
}

/**
 * Numbers in 2, 4 or 8 bits, such as activations kept for the backward pass: in groups that each have a least number and a step, rounded up or
 * down at random so that the mean is right: E[restore(compress(x))] = x. Of 2 bits in groups of 256 they take 2.25 bits each.
 *
 * code = floor((x - least) / step + u), u uniform in (0, 1), step = (largest - least) / (2^bits - 1).
 *
 * @param x float32 of any shape.
 * @throws {TypeError | RangeError} if x is no float32 tensor or holds NaN or infinity, a group's range is infinite, or an option is out of range.
 * @example
 * const kept = compress(tf.randomNormal([64, 1024]), { key: random.key(1) });
 * const x = restore(kept); // later, in the backward pass
 *
 * J. Chen et al., "ActNN: Reducing Training Memory Footprint via 2-Bit Activation Compressed Training", 2021, arXiv 2104.14129, with the
 * same bits in all groups.
 */
export function compress(x: Tensor, { key, bits = 2, groupSize = 256 }: CompressOptions): CompressedTensor {
  const where = 'compress';
  checkTensor(where, 'x', x, { dtype: 'float32' });
  checkKey(where, key);
  if (bits !== 2 && bits !== 4 && bits !== 8) throw new RangeError(`${where}: bits is ${describe(bits)}, but must be 2, 4 or 8.`);
  checkNumber(where, 'groupSize / 64', groupSize / 64, { least: 1, whole: true });
  const { shape } = x;
  if (hasFamilyKernel('storage', 'XCompress')) {
    const [codes, ranges] = runKernel<Tensor[]>('XCompress', { x }, { key: key.words, bits, groupSize }) as [Tensor, Tensor];
    return { codes, ranges, shape, bits, groupSize };
  }
  const values = x.dataSync() as Float32Array;
  const odd = values.findIndex((value) => !Number.isFinite(value));
  if (odd >= 0)
    throw new RangeError(`${where}: x has ${values[odd]} at element ${odd}, which can't be quantized; find out where it came from.`);
  const { codes, ranges } = referenceCompress(values, groupSize, bits, draws(key, values.length));
  if (!ranges.every(Number.isFinite))
    throw new RangeError(`${where}: x has no finite range, which can't be quantized; find out where it came from.`);
  return { codes: tensor1d(new Int32Array(codes.buffer), 'int32'), ranges: tensor1d(ranges), shape, bits, groupSize };
}

/**
 * The numbers of codes: least + code · step of each group.
 *
 * @returns float32 of the shape that was compressed.
 * @throws {TypeError | RangeError | Error} if it is not what {@link compress} gave, or disposed.
 */
export function restore(compressed: CompressedTensor): Tensor {
  const where = 'restore';
  if (typeof compressed !== 'object' || compressed === null)
    throw new TypeError(`${where}: compressed is ${describe(compressed)}, but must be what compress() gave.`);
  const { codes, ranges, shape, bits, groupSize } = compressed;
  checkTensor(where, 'compressed.codes', codes, { dtype: 'int32', rank: 1 });
  checkTensor(where, 'compressed.ranges', ranges, { dtype: 'float32', rank: 1 });
  const size = shape.reduce((a, b) => a * b, 1);
  if (codes.size !== Math.ceil(size / 64) * bits * 2 || ranges.size !== Math.ceil(size / groupSize) * 2)
    throw new RangeError(
      `${where}: compressed has ${codes.size} words of codes and ${ranges.size} ranges, which are not those of shape [${shape.join(', ')}].`,
    );
  if (hasFamilyKernel('storage', 'XRestore')) return runKernel<Tensor>('XRestore', { codes, ranges }, { shape, bits, groupSize });
  const words = codes.dataSync() as Int32Array;
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  return tensor(referenceRestore(bytes, ranges.dataSync() as Float32Array, size, groupSize, bits), shape as number[]);
}
