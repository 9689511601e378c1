import type { Kernels } from '../runtime/kernels.ts';
import { gemmActivations, type Gemm } from './product.ts';

/** Values read below which sharing out costs more than it gives. */
const GRAIN = 32768;
/** Columns in a work item of the kernel. */
const BLOCK = 32;

/** A product of which one side is a single row or column: see {@link Gemm}. */
export function gemv(kernels: Kernels, call: Gemm): void {
  const { m, n, k, transposeA = false, transposeB = false } = call;
  const { threads } = kernels;
  const { words, floats } = threads;
  // The matrix, and whether its rows are what x is multiplied with.
  const byRow = m === 1 ? transposeB : !transposeA;
  const results = m === 1 ? n : m;
  const rows = byRow ? results : k;
  const columns = byRow ? k : results;
  const p = threads.parameters();
  words[p] = m === 1 ? call.b : call.a;
  words[p + 1] = m === 1 ? call.a : call.b;
  words[p + 2] = call.c;
  words[p + 3] = rows;
  words[p + 4] = columns;
  words[p + 5] = call.bias ?? 0;
  words[p + 6] = m === 1 ? 4 : 0;
  words[p + 7] = gemmActivations[call.activation ?? 'linear'];
  floats[p + 8] = call.slope ?? 0;
  if (byRow) threads.run(kernels.number('f32_gemv_rows'), rows, Math.max(1, Math.ceil(GRAIN / columns)));
  else threads.run(kernels.number('f32_gemv_columns'), Math.ceil(columns / BLOCK), Math.max(1, Math.ceil(GRAIN / BLOCK / rows)));
}
