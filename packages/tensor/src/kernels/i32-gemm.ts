import type { Kernels } from '../runtime/kernels.ts';
import type { Gemm } from './product.ts';

const GRAIN = 16384;

/** C = op(A)·op(B) on 32-bit integers: one matrix, by the addresses and sizes of {@link Gemm}. */
export function i32Gemm(kernels: Kernels, { a, b, c, m, n, k, transposeA = false, transposeB = false }: Gemm): void {
  const { threads } = kernels;
  const { words } = threads;
  const p = threads.parameters();
  words[p] = a;
  words[p + 1] = b;
  words[p + 2] = c;
  words[p + 3] = n;
  words[p + 4] = k;
  words[p + 5] = transposeA ? 4 : 4 * k;
  words[p + 6] = transposeA ? 4 * m : 4;
  words[p + 7] = transposeB ? 4 : 4 * n;
  words[p + 8] = transposeB ? 4 * k : 4;
  threads.run(kernels.number('i32_gemm'), m, Math.ceil(GRAIN / (n * k + 1)));
}
