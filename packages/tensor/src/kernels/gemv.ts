import type { Kernels } from '../runtime/kernels.ts';
import { gemmActivations, type Gemm } from './product.ts';

/** Values read below which sharing out costs more than it gives. */
const GRAIN = 32768;
/** Columns in a work item of the kernel. */
const BLOCK = 32;

/** Values from which the rows of a matrix are shared out instead of its columns, and in how many parts. */
const LARGE = 1 << 18;
const PARTS = 16;

/** A product of which one side is a single row or column: see {@link Gemm}. */
export function gemv(kernels: Kernels, call: Gemm): void {
  const { m, n, k, transposeA = false, transposeB = false } = call;
  const { threads } = kernels;
  const { words, floats } = threads;
  // The matrix, and whether its rows are what x is multiplied with.
  const byRow = m === 1 ? transposeB : !transposeA;
  const results = m === 1 ? n : m;
  let rows = byRow ? results : k;
  const columns = byRow ? k : results;
  let matrix = m === 1 ? call.b : call.a;
  let x = m === 1 ? call.a : call.b;
  let family = call.stored ? 'f32_half_gemv' : 'f32_gemv';
  let release: (() => void) | undefined;
  if (!byRow && threads.count > 1 && rows * columns >= LARGE && rows >= 4 * PARTS) {
    // Each part of the rows by itself, then the sum of the parts, which is a product with ones.
    const { heap } = kernels;
    const bytes = PARTS * (columns + 1) * 4;
    const sums = heap.allocate(bytes);
    const ones = sums + PARTS * columns * 4;
    heap.floats.fill(1, ones / 4, ones / 4 + PARTS);
    const q = threads.parameters();
    words.set([matrix, x, sums, rows, columns], q);
    words[q + 9] = PARTS;
    if (call.stored) words.set(call.stored, q + 10);
    threads.run(kernels.number(`${family}_parts`), PARTS, 1);
    [matrix, x, rows, family] = [sums, ones, PARTS, 'f32_gemv'];
    release = () => heap.release(sums, bytes);
  }
  const p = threads.parameters();
  words[p] = matrix;
  words[p + 1] = x;
  words[p + 2] = call.c;
  words[p + 3] = rows;
  words[p + 4] = columns;
  words[p + 5] = call.bias ?? 0;
  words[p + 6] = m === 1 ? 4 : 0;
  words[p + 7] = gemmActivations[call.activation ?? 'linear'];
  floats[p + 8] = call.slope ?? 0;
  if (call.stored) words.set(call.stored, p + 10);
  if (byRow) threads.run(kernels.number(`${family}_rows`), rows, Math.max(1, Math.ceil(GRAIN / columns)));
  else threads.run(kernels.number(`${family}_columns`), Math.ceil(columns / BLOCK), Math.max(1, Math.ceil(GRAIN / BLOCK / rows)));
  release?.();
}
