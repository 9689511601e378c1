import { customGrad, tensor, type Tensor } from '@tensorflow/tfjs-core';
import { store, type StorageFormat } from './storage-format.ts';

/** What passed through a cast. */
export interface CastCounts {
  values: number;
  /** Finite numbers that the format has no room for. */
  overflowed: number;
  /** Numbers other than 0 that became 0. */
  underflowed: number;
  /** Largest size before rounding. */
  largest: number;
  /** How many finite numbers had each exponent before rounding: those of size 2^e to 2^(e + 1) at e + 127, zeros at 0. */
  readonly exponents: Uint32Array;
}

export function newCastCounts(): CastCounts {
  return { values: 0, overflowed: 0, underflowed: 0, largest: 0, exponents: new Uint32Array(255) };
}

/** A tensor as a format stores it, counted. */
export function storedAs(x: Tensor, format: StorageFormat, counts: CastCounts): Tensor {
  const values = (x.dataSync() as Float32Array).slice();
  let largest = counts.largest;
  const { exponents } = counts;
  const bits = new Int32Array(values.buffer);
  for (let at = 0; at < values.length; at++) {
    const size = Math.abs(values[at] as number);
    if (size > largest) largest = size;
    const exponent = ((bits[at] as number) >>> 23) & 255;
    if (exponent < 255) exponents[exponent]!++;
  }
  const { overflowed, underflowed } = store(values as Float32Array<ArrayBuffer>, x.shape.at(-1) ?? 1, format);
  counts.values += values.length;
  counts.overflowed += overflowed;
  counts.underflowed += underflowed;
  counts.largest = largest;
  return tensor(values, x.shape, 'float32');
}

export interface CastTensorOptions {
  readonly format: StorageFormat;
  /** Of the gradient. */
  readonly gradients: StorageFormat;
  readonly forward: CastCounts;
  readonly backward: CastCounts;
  /** What the gradient is multiplied by before it is stored. Default 1. */
  readonly before?: () => number;
  /** What it is multiplied by afterwards, in float32. Default 1. */
  readonly after?: () => number;
}

/** x as a format stores it, whose gradient is stored in the format too. */
export function castTensor(x: Tensor, { format, gradients, forward, backward, before = one, after = one }: CastTensorOptions): Tensor {
  const run = customGrad((value) => ({
    value: storedAs(value as Tensor, format, forward),
    gradFunc: (dy: Tensor) => {
      const scaled = scale(dy, before());
      const stored = storedAs(scaled, gradients, backward);
      return scale(stored, after());
    },
  }));
  return run(x);
}

function one(): number {
  return 1;
}

function scale(x: Tensor, factor: number): Tensor {
  return factor === 1
    ? x
    : tensor(
        (x.dataSync() as Float32Array).map((value) => value * factor),
        x.shape,
        'float32',
      );
}
