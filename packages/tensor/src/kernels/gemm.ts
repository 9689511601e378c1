import type { Kernels } from '../runtime/kernels.ts';
import { gemv } from './gemv.ts';
import { gemmActivations, type Gemm } from './product.ts';
import { SCRATCH_BYTES } from '../runtime/control.ts';

/** Columns of the register tile. */
const COLUMNS = { simd: 8, relaxed: 8, wide: 16 } as const;
const ROWS = { simd: 5, relaxed: 6, wide: 6 } as const;
/** Most steps of k in a block: a panel of B that stays in the first-level cache. */
const DEPTH = { simd: 1024, relaxed: 1024, wide: 512 } as const;
/** Floats of packed A that fit into a thread's scratch beside the panels of B. */
const WHOLE_FLOATS = (SCRATCH_BYTES - 264 * 1024) / 4;
/** Floats of packed B up to which it is packed once for all. */
const SHARED_FLOATS = 1 << 18;
/** Multiplications below which sharing out costs more than it gives. */
const SMALL = 64 * 64 * 64;

export function gemm(kernels: Kernels, call: Gemm): void {
  const { m, n, k, batch = 1 } = call;
  if (m === 0 || n === 0 || batch === 0) return;
  if (k === 0) {
    // A sum of nothing: a row of zeros times a column of zeros, to which bias and activation come.
    const bytes = Math.max(m, n) * 4;
    const zeros = kernels.heap.allocate(bytes);
    kernels.heap.bytes.fill(0, zeros, zeros + bytes);
    gemm(kernels, { ...call, a: zeros, b: zeros, k: 1, strideA: 0, strideB: 0 });
    kernels.heap.release(zeros, bytes);
    return;
  }
  // One row or one column: bound by reading the matrix, so it isn't packed.
  if (batch === 1 && !call.accumulate && !call.lda && (m === 1 || (n === 1 && !call.stored))) {
    gemv(kernels, call);
    return;
  }
  const { threads } = kernels;
  const rows = ROWS[kernels.tier];
  const padded = Math.ceil(m / rows) * rows + 8;
  const work = m * n * k;
  const shareBatch = batch > 1 && padded * k <= WHOLE_FLOATS && (batch >= threads.count * 2 || work <= SMALL);
  if (shareBatch || (work <= SMALL && padded * k <= WHOLE_FLOATS)) {
    const p = threads.parameters();
    write(kernels, p, call, 0, 1);
    threads.run(kernels.number('f32_gemm_whole'), batch, Math.max(1, Math.ceil(SMALL / 8 / work)));
    return;
  }
  const panels = Math.ceil(n / COLUMNS[kernels.tier]);
  const groups = rowGroups(m, rows);
  const columns = panels * COLUMNS[kernels.tier];
  // Many rows and a right operand that the second-level cache holds: each thread packs its own rows, which never leave its caches.
  const byRows = columns * k <= SHARED_FLOATS && groups >= 8 * threads.count;
  // Enough items for all threads; rows are split only where there are few panels, because each split packs B again.
  const splits = Math.max(1, Math.min(Math.ceil((threads.count * 8) / panels), groups >> 2));
  const packed = kernels.workspace((byRows ? columns : padded) * k * 4);
  const [pack, packs] = byRows ? (['f32_gemm_pack_columns', panels] as const) : (['f32_gemm_pack', groups] as const);
  const [multiply, items] = byRows ? (['f32_gemm_rows', groups] as const) : (['f32_gemm_tiles', panels * splits] as const);
  for (let index = 0; index < batch; index++) {
    let p = threads.parameters();
    write(kernels, p, call, index, splits, packed);
    threads.run(kernels.number(pack), packs, Math.ceil((16384 * packs) / ((byRows ? columns : padded) * k)));
    p = threads.parameters();
    write(kernels, p, call, index, splits, packed);
    // Parts of the rows that are large, but enough for all threads to end together.
    threads.run(kernels.number(multiply), items, byRows ? Math.max(1, Math.min(4, Math.floor(groups / (8 * threads.count)))) : 1);
  }
}

/** Groups of rows that A is packed in: see fullGroups and lowGroups of the kernel. */
function rowGroups(m: number, rows: number): number {
  const rest = m % rows;
  const whole = Math.floor(m / rows);
  if (rest === 0) return whole;
  if (rest > 4) return whole + 1;
  return whole > 0 && rest + rows <= 8 ? whole - 1 + Math.ceil((rest + rows) / 4) : whole + 1;
}

function write({ threads, tier }: Kernels, p: number, call: Gemm, index: number, splits: number, packed = 0): void {
  const { m, n, k, transposeA = false, transposeB = false, strideA = 0, strideB = 0, strideC = m * n } = call;
  const { words, floats } = threads;
  words[p] = call.a + index * strideA * 4;
  words[p + 1] = call.b + index * strideB * 4;
  words[p + 2] = call.c + index * strideC * 4;
  words[p + 3] = m;
  words[p + 4] = n;
  words[p + 5] = k;
  words[p + 6] = call.lda ?? (transposeA ? m : k);
  words[p + 7] = transposeB ? k : n;
  words[p + 8] = n;
  words[p + 9] = transposeA ? 1 : 0;
  words[p + 10] = transposeB ? 1 : 0;
  words[p + 11] = packed;
  words[p + 12] = call.bias ?? 0;
  words[p + 13] = gemmActivations[call.activation ?? 'linear'];
  floats[p + 14] = call.slope ?? 0;
  words[p + 15] = strideA;
  words[p + 16] = strideB;
  words[p + 17] = strideC;
  // Blocks of equal depth: a short last one would waste its share of the tile's start and end.
  const blocks = Math.ceil(k / DEPTH[tier]);
  words[p + 18] = Math.ceil(k / blocks / 4) * 4;
  words[p + 19] = splits;
  words[p + 20] = call.accumulate ? 1 : 0;
  words[p + 21] = call.stored?.[0] ?? 0;
}
