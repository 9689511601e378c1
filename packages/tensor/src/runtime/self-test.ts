import { gemm } from '../kernels/gemm.ts';
import type { Gemm } from '../kernels/product.ts';
import { referenceGemm } from '../kernels/reference/gemm.ts';
import { referenceSoftmax } from '../kernels/reference/softmax.ts';
import { softmax } from '../kernels/softmax.ts';
import type { Kernels } from './kernels.ts';

/** Sizes that reach every path of the product: full tiles, rows and columns left over, several blocks of k. */
const sizes = [
  { m: 9, n: 19, k: 520, transposeA: false, transposeB: false },
  { m: 8, n: 17, k: 9, transposeA: true, transposeB: true },
];

/** Whether the kernels, as this engine compiled them, compute what their references compute. */
export function selfTest(kernels: Kernels): boolean {
  return sizes.every((size) => productIsRight(kernels, size)) && softmaxIsRight(kernels);
}

/** Softmax has a maximum, an exponential, a sum and a division in it, over whole vectors and what is left. */
function softmaxIsRight(kernels: Kernels): boolean {
  const [rows, n] = [3, 43];
  const { heap } = kernels;
  const bytes = 2 * 4 * rows * n;
  const x = heap.allocate(bytes);
  const to = x + bytes / 2;
  const values = Float32Array.from({ length: rows * n }, (_, i) => ((i * 7919) % 29) / 2 - 7);
  heap.floats.set(values, x / 4);
  softmax(kernels, { x, to, rows, n });
  const given = heap.floats.slice(to / 4, to / 4 + rows * n);
  heap.release(x, bytes);
  const { probabilities } = referenceSoftmax(values, rows, n);
  return given.every((value, i) => Math.abs(value - (probabilities[i] as number)) <= 1e-5 * (probabilities[i] as number));
}

function productIsRight(kernels: Kernels, size: Pick<Gemm, 'm' | 'n' | 'k' | 'transposeA' | 'transposeB'>): boolean {
  const { m, n, k } = size;
  const { heap } = kernels;
  const bytes = 4 * (m * k + k * n + m * n + n);
  const block = heap.allocate(bytes);
  const a = block;
  const b = a + 4 * m * k;
  const c = b + 4 * k * n;
  const bias = c + 4 * m * n;
  const values = heap.floats.subarray(block / 4, (block + bytes) / 4);
  // Small integers: every product and sum is exact, whatever the order, so the results must be equal.
  for (let i = 0; i < values.length; i++) values[i] = ((i * 7919) % 17) - 8;
  const expected = referenceGemm(
    { ...size, bias: values.slice((bias - block) / 4), activation: 'relu' },
    values.slice(0, m * k),
    values.slice(m * k, m * k + k * n),
  );
  gemm(kernels, { ...size, a, b, c, bias, activation: 'relu' });
  const given = values.slice((c - block) / 4, (bias - block) / 4);
  heap.release(block, bytes);
  return given.every((value, i) => value === expected[i]);
}
