import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import { referenceRound, referenceRoundBlocks, type RoundingCounts } from '../../kernels/reference/storage/round.ts';
import { int8Fractions, type SmallFloat } from '../../kernels/storage/small-float.ts';
import { checkKey, type Key } from '../../random/key.ts';
import { checkNumber, checkTensor, describe } from '../arguments.ts';
import { hasFamilyKernel, runKernel } from '../kernel.ts';
import { draws } from './draws.ts';

/** Numbers along the last axis in blocks that share a power of two; the last block of a row may be shorter. */
export interface FloatBlocks {
  /** What each number is: a small float, or `int8`, a fraction k / 64. */
  readonly element: SmallFloat | 'int8';
  /** Numbers that share a power of two. Default 32. */
  readonly block?: number;
}

export interface RoundOptions {
  readonly format: SmallFloat | FloatBlocks;
  /** Whether numbers beyond the largest become it, rather than infinity or NaN; elements of blocks always do. Default false. */
  readonly saturate?: boolean;
  /** What results are multiplied by, in float32. Default 1. */
  readonly after?: number;
  /**
   * Rounds up or down at random instead, up with the probability by which a number is beyond the one below, so that the mean is right; the
   * same key gives the same numbers everywhere. Not of blocks.
   */
  readonly key?: Key;
}

/** A tensor as a format stores it, and what happened to its numbers. */
export interface RoundedTensor extends RoundingCounts {
  readonly tensor: Tensor;
}

const LARGEST = 3.4028234663852886e38;

/**
 * What storing a tensor in a smaller floating-point format leaves of it, as float32: each number becomes the nearest one of the format, ties
 * to the one with an even code. What is too large becomes infinity (`ieee`), NaN (`fn`, `fnuz`) or, saturating and in formats without either, the largest.
 *
 * Of blocks, each number is divided by 2^(⌊log₂ max|x|⌋ - ⌊log₂ largest element⌋) of its block, at least 2^-127, rounded, and multiplied again;
 * a block that holds NaN or infinity is NaN.
 *
 * @param x float32 of any shape. Not differentiated.
 * @throws {TypeError | RangeError} if x is no float32 tensor, or the format holds numbers that float32 doesn't.
 * @throws {Error} on our backend if the kernels of `storage` are not loaded.
 * @example
 * const e5m2 = { mantissaBits: 2, max: 57344, leastNormal: 2 ** -14, least: 2 ** -16, nonFinite: 'ieee' } as const;
 * const { tensor, overflowed } = roundTensor(tf.tensor1d([1.1, 1e6]), { format: e5m2 }); // [1, Infinity], 1
 *
 * P. Micikevicius et al., "FP8 Formats for Deep Learning", 2022, arXiv 2209.05433; "OCP Microscaling Formats (MX) Specification" 1.0, 2023.
 */
export function roundTensor(x: Tensor, { format, saturate = false, after = 1, key }: RoundOptions): RoundedTensor {
  const where = 'roundTensor';
  checkTensor(where, 'x', x, { dtype: 'float32' });
  if (typeof format !== 'object' || format === null)
    throw new TypeError(`${where}: format is ${describe(format)}, but must be a small float, or blocks of such.`);
  const blocks = 'element' in format ? format : undefined;
  const element = blocks ? (blocks.element === 'int8' ? int8Fractions : blocks.element) : (format as SmallFloat);
  checkSmallFloat(where, blocks ? 'format.element' : 'format', element);
  const size = blocks ? (blocks.block ?? 32) : undefined;
  if (size !== undefined) checkNumber(where, 'format.block', size, { least: 1, whole: true });
  checkNumber(where, 'after', after);
  if (key !== undefined) checkKey(where, key);
  if (key && blocks) throw new TypeError(`${where}: key is given, but blocks are rounded to the nearest; leave it out.`);
  if (hasFamilyKernel('storage', 'XRound')) {
    let counts: RoundingCounts | undefined;
    const told = (own: RoundingCounts): void => void (counts = own);
    const attributes = { format: element, saturate, after, ...(key && { key: key.words }), ...(size !== undefined && { size }), told };
    const given = runKernel<Tensor>('XRound', { x }, attributes);
    return { tensor: given, ...(counts as unknown as RoundingCounts) };
  }
  const values = (x.dataSync() as Float32Array).slice();
  const counts =
    size === undefined
      ? referenceRound(values, element, saturate, key && draws(key, values.length))
      : referenceRoundBlocks(values, x.shape.at(-1) ?? 1, element, size);
  return { tensor: tensor(after === 1 ? values : values.map((value) => value * after), x.shape, 'float32'), ...counts };
}

function checkSmallFloat(where: string, name: string, format: SmallFloat): void {
  const { mantissaBits, max, leastNormal, least } = (format ?? {}) as Partial<SmallFloat>;
  const fits =
    Number.isInteger(mantissaBits) &&
    (mantissaBits as number) >= 0 &&
    (mantissaBits as number) < 23 &&
    (leastNormal as number) >= 2 ** -126 &&
    (least as number) >= 2 ** -149 &&
    (least as number) * 2 ** (mantissaBits as number) === leastNormal &&
    (max as number) >= (least as number) &&
    (max as number) <= LARGEST;
  if (!fits)
    throw new RangeError(
      `${where}: ${name} is ${describe(format)}, but must be a floating-point format whose numbers are all float32, with mantissaBits from 0 to 22, max, leastNormal and least.`,
    );
}
