import { customGrad, type Tensor } from '@tensorflow/tfjs-core';
import { roundTensor } from '@x/tensor/storage';
import type { StorageFormat } from './storage-format.ts';

/** What passed through a cast. */
export interface CastCounts {
  values: number;
  /** Finite numbers that the format has no room for. */
  overflowed: number;
  /** Numbers other than 0 that became 0. */
  underflowed: number;
  /** Largest size before rounding. */
  largest: number;
  /**
   * Where histograms are asked for: how many finite numbers had each exponent before rounding, those of size 2^e to 2^(e + 1) at e + 127, zeros
   * at 0. Empty otherwise.
   */
  readonly exponents: Uint32Array;
}

export function newCastCounts(histogram: boolean): CastCounts {
  return { values: 0, overflowed: 0, underflowed: 0, largest: 0, exponents: new Uint32Array(histogram ? 255 : 0) };
}

/** Gradients of which is known that none is infinite or NaN. */
export const knownFinite: WeakSet<Tensor> = new WeakSet();

/** A tensor as a format stores it, multiplied by `after` then; counted. */
export function storedAs(x: Tensor, format: StorageFormat, counts: CastCounts, after = 1): Tensor {
  const { exponents } = counts;
  if (exponents.length > 0) {
    const { buffer, byteOffset, length } = x.dataSync() as Float32Array;
    for (const bits of new Int32Array(buffer, byteOffset, length)) {
      const exponent = (bits >>> 23) & 255;
      if (exponent < 255) exponents[exponent]!++;
    }
  }
  const { tensor, overflowed, underflowed, largest, nonFinite } = roundTensor(x, { format, after });
  // A larger factor might make one infinite.
  if (nonFinite === 0 && after <= 1) knownFinite.add(tensor);
  counts.values += x.size;
  counts.overflowed += overflowed;
  counts.underflowed += underflowed;
  counts.largest = Math.max(counts.largest, largest);
  return tensor;
}

export interface CastTensorOptions {
  readonly format: StorageFormat;
  /** Of the gradient. */
  readonly gradients: StorageFormat;
  readonly forward: CastCounts;
  readonly backward: CastCounts;
  /** What the gradient is multiplied by after it was stored, in float32. Default 1. */
  readonly after?: () => number;
}

/** x as a format stores it, whose gradient is stored in the format too. */
export function castTensor(x: Tensor, { format, gradients, forward, backward, after = () => 1 }: CastTensorOptions): Tensor {
  const run = customGrad((value) => ({
    value: storedAs(value as Tensor, format, forward),
    gradFunc: (dy: Tensor) => storedAs(dy, gradients, backward, after()),
  }));
  return run(x);
}
