import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Values of one input: a shape and where its elements lie. */
export interface Input {
  readonly shape: number[];
  readonly values: Float32Array;
}

/** One row of the contract: an operation at a point, whose gradient must equal its finite differences there. */
export interface Row {
  /** The kernel whose gradient it tests; running `op` must run it. */
  readonly kernel: string;
  /** What is special about this row. */
  readonly name: string;
  readonly inputs: readonly Input[];
  readonly op: (...inputs: Tensor[]) => Tensor;
  /** A function to take differences of in place of `op`, where tfjs's convention isn't the derivative of `op`. */
  readonly surrogate?: (...inputs: Tensor[]) => Tensor;
  /** Gradients taken by hand, for kernels that no public operation reaches. */
  readonly backward?: (inputs: Tensor[], dy: Tensor) => Tensor[];
}

/** Elements are multiples of this, so that adding a step of a power of two to one is exact in float32. */
const GRID = 2 ** -8;

/** A small generator of our own (xorshift32), so that the points are the same on every machine. */
function generator(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Elements in `[low, high)`. */
export function uniform(shape: number[], low: number, high: number, seed = 1): Input {
  const next = generator(tf.util.sizeFromShape(shape) * 7919 + seed * 104729);
  for (let i = 0; i < 8; i++) next();
  const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => Math.round((low + (high - low) * next()) / GRID) * GRID);
  return { shape, values };
}

/** Elements in `[-2, 2)`. */
export function any(shape: number[], seed = 1): Input {
  return uniform(shape, -2, 2, seed);
}

/** Elements of magnitude `[1/4, 2)` and either sign. */
export function nonZero(shape: number[], seed = 1): Input {
  const { values } = uniform(shape, 0.25, 2, seed);
  const signs = uniform(shape, -1, 1, seed + 17).values;
  return { shape, values: values.map((v, i) => ((signs[i] ?? 0) < 0 ? -v : v)) };
}

/** Elements of which no two, and none and 0, are nearer than 1/16: safe where an order or a sign decides. */
export function distinct(shape: number[], seed = 1): Input {
  const n = tf.util.sizeFromShape(shape);
  const next = generator(n * 31 + seed * 7);
  for (let i = 0; i < 8; i++) next();
  const values = Float32Array.from({ length: n }, (_, i) => (i - Math.floor(n / 2)) / 8 + 1 / 16);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    const [a = 0, b = 0] = [values[i], values[j]];
    values[i] = b;
    values[j] = a;
  }
  return { shape, values };
}

/** Exactly these elements. */
export function exactly(shape: number[], values: number[]): Input {
  return { shape, values: Float32Array.from(values) };
}
