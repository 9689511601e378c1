import { expect, test } from 'vitest';
import { referenceCrossEntropy, referenceSoftmax } from '../../src/kernels/reference/softmax.ts';
import { logSoftmax, softmax, softmaxCrossEntropy, softmaxCrossEntropyGradient } from '../../src/kernels/softmax.ts';
import type { Kernels } from '../../src/runtime/kernels.ts';
import { inEveryCombination } from './combinations.ts';
import { Blocks } from './memory.ts';
import { floats, random } from './values.ts';

const sizes = [
  [0, 3],
  [1, 1],
  [3, 1],
  [5, 2],
  [7, 7],
  [4, 8],
  [3, 9],
  [128, 10],
  [2, 101],
  [17, 1000],
  [300, 64],
] as const;
/** The roundings of the exponential, the sum and the division, and that of x - max, which the exponential takes over as it is: up to 104, where it ends. */
const tolerance = (scale: number): number => 1e-6 + 2 ** -24 * Math.min(2 * scale, 104);

/** Exponentials of less than this count as 0. */
const LEAST = -87;

/** Probabilities as a softmax gives them that takes e^(x - max) as 0 where x - max is below LEAST. */
function withoutTheLeast(probabilities: ArrayLike<number>, values: Float32Array, n: number): Float32Array {
  return Float32Array.from(probabilities, (probability, i) => {
    const row = values.subarray(i - (i % n), i - (i % n) + n);
    return values[i]! - Math.max(...row) < LEAST ? 0 : probability;
  });
}

function rowsOf(kernels: Kernels, kernel: typeof softmax, values: Float32Array, rows: number, n: number): Float32Array {
  const blocks = new Blocks(kernels);
  const x = blocks.place(values);
  const to = blocks.place(new Float32Array(values.length));
  kernel(kernels, { x, to, rows, n });
  const result = blocks.read(to, new Float32Array(values.length));
  blocks.release();
  return result;
}

function labelsOf(rows: number, n: number, dense: boolean): { given: Int32Array | Float32Array; q: Float32Array } {
  const next = random(rows + n);
  const q = new Float32Array(rows * n);
  if (!dense) {
    const classes = Int32Array.from({ length: rows }, () => Math.floor(next() * n));
    for (const [row, label] of classes.entries()) q[row * n + label] = 1;
    return { given: classes, q };
  }
  for (let i = 0; i < rows; i++) {
    const weights = Array.from({ length: n }, (_, j) => (j % 3 === 1 ? 0 : next() + 0.01));
    const sum = weights.reduce((a, b) => a + b);
    for (let j = 0; j < n; j++) q[i * n + j] = (weights[j] as number) / sum;
  }
  return { given: q, q };
}

inEveryCombination((kernels) => {
  test.for(sizes)('softmax and its logarithm of [%i, %i]: within rtol 1e-6 + 2^-24·|x - max|, 0 below e^-87', ([rows, n]) => {
    for (const scale of [1, 30, 1e4]) {
      const values = floats(rows * n, 11, { scale });
      const { probabilities, logarithms } = referenceSoftmax(values, rows, n);
      const actual = rowsOf(kernels(), softmax, values, rows, n);
      expect(actual).toBeAllclose(withoutTheLeast(probabilities, values, n), { rtol: tolerance(scale), atol: 1e-44 });
      expect(rowsOf(kernels(), softmax, values, rows, n)).toEqual(actual);
      expect(rowsOf(kernels(), logSoftmax, values, rows, n)).toBeAllclose(logarithms, { rtol: tolerance(scale), atol: 1e-6 });
    }
  });

  test('a row with NaN or +infinity is NaN, -infinity is probability 0, and other rows are as they were', () => {
    for (const n of [3, 10, 33]) {
      for (const special of [NaN, Infinity, -Infinity]) {
        const values = floats(3 * n, n);
        values[n + 2] = special;
        const actual = rowsOf(kernels(), softmax, values, 3, n);
        const { probabilities } = referenceSoftmax(values, 3, n);
        expect(actual).toBeAllclose(Float32Array.from(probabilities), { rtol: tolerance(4), equalNaN: true });
      }
    }
  });

  test('no probability is too small to be a normal number, but exactly 0: of hidden and of very low scores', () => {
    for (const n of [3, 10, 33, 100]) {
      // The first of each row is the largest; then hidden ones, and some to both sides of where e^x is no normal number.
      const values = Float32Array.from({ length: 3 * n }, (_, i) => (i % n === 0 ? 2 : i % 3 === 0 ? -Infinity : -75 - (i % n)));
      const { probabilities, logarithms } = referenceSoftmax(values, 3, n);
      const actual = rowsOf(kernels(), softmax, values, 3, n);
      expect(actual).toBeAllclose(withoutTheLeast(probabilities, values, n), { rtol: tolerance(104), atol: 1e-44 });
      expect(actual.every((value) => value === 0 || value >= 2 ** -126)).toBe(true);
      expect(rowsOf(kernels(), logSoftmax, values, 3, n)).toBeAllclose(logarithms, { rtol: 1e-6, atol: 1e-6 });
    }
  });

  test.for(sizes)('cross-entropy of [%i, %i] and its gradient: within rtol 4e-6', ([rows, n]) => {
    for (const dense of [false, true]) {
      const values = floats(rows * n, 13, { scale: 8 });
      const { given, q } = labelsOf(rows, n, dense);
      const upstream = floats(rows, 15);
      const expected = referenceCrossEntropy(values, q, upstream, rows, n);
      const blocks = new Blocks(kernels());
      const x = blocks.place(values);
      const labels = blocks.place(given);
      const probabilities = blocks.place(new Float32Array(rows * n));
      const loss = blocks.place(new Float32Array(rows));
      const dy = blocks.place(upstream);
      const gradient = blocks.place(new Float32Array(rows * n));
      softmaxCrossEntropy(kernels(), { x, to: probabilities, rows, n, labels, dense, loss });
      softmaxCrossEntropyGradient(kernels(), { x: probabilities, to: gradient, rows, n, labels, dense, dy });
      expect(blocks.read(loss, new Float32Array(rows))).toBeAllclose(expected.loss, { rtol: 4e-6, atol: 2e-6 });
      expect(blocks.read(probabilities, new Float32Array(rows * n))).toBeAllclose(referenceSoftmax(values, rows, n).probabilities, {
        rtol: tolerance(8),
      });
      // The difference of probability and label may cancel: its error is in units of dy.
      expect(blocks.read(gradient, new Float32Array(rows * n))).toBeAllclose(expected.gradient, { rtol: 4e-6, atol: 2e-6 });
      blocks.release();
    }
  });

  test('a class out of range gives a loss of NaN', () => {
    const blocks = new Blocks(kernels());
    const x = blocks.place(floats(6, 1));
    const to = blocks.place(new Float32Array(6));
    const loss = blocks.place(new Float32Array(2));
    softmaxCrossEntropy(kernels(), { x, to, rows: 2, n: 3, labels: blocks.place(Int32Array.of(-1, 3)), dense: false, loss });
    expect(blocks.read(loss, new Float32Array(2))).toEqual(Float32Array.of(NaN, NaN));
    blocks.release();
  });
});
