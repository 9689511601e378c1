import { paddedBatch } from '../../kernels/sparse/layout.ts';
import { fromBlocks, toBlocks } from '../../kernels/sparse/blocks.ts';
import { spmm } from '../../kernels/sparse/spmm.ts';
import type { Kernels } from '../../runtime/kernels.ts';

/** Sizes that reach whole groups of rows and vectors, and what is left of both. */
const [ROWS, COLUMNS, BATCH] = [19, 23, 83];

/** Whether a product with a sparse matrix is right; of small integers, so that every sum is exact, whatever its order. */
export function sparseSelfTest(kernels: Kernels): boolean {
  const { heap } = kernels;
  const indices = Int32Array.from({ length: ROWS * COLUMNS }, (_, i) => i % COLUMNS).filter((_, i) => (i * 7919) % 5 < 2);
  const rowOf = Int32Array.from({ length: ROWS * COLUMNS }, (_, i) => Math.floor(i / COLUMNS)).filter((_, i) => (i * 7919) % 5 < 2);
  const pointers = Int32Array.from({ length: ROWS + 1 }, (_, row) => rowOf.filter((own) => own < row).length);
  const values = Float32Array.from(indices, (_, q) => ((q * 31) % 13) - 6);
  const x = Float32Array.from({ length: BATCH * COLUMNS }, (_, i) => ((i * 37) % 17) - 8);
  const words = [
    pointers.length,
    indices.length,
    values.length,
    x.length,
    paddedBatch(BATCH) * COLUMNS,
    paddedBatch(BATCH) * ROWS,
    BATCH * ROWS,
  ];
  const bytes = 4 * words.reduce((sum, count) => sum + count, 0);
  const block = heap.allocate(bytes);
  const [atPointers, atIndices, atValues, atX, blocks, yBlocks, y] = words.map(
    (_, index) => block + 4 * words.slice(0, index).reduce((sum, count) => sum + count, 0),
  ) as [number, number, number, number, number, number, number];
  heap.words.set(pointers, atPointers / 4);
  heap.words.set(indices, atIndices / 4);
  heap.floats.set(values, atValues / 4);
  heap.floats.set(x, atX / 4);
  toBlocks(kernels, { rowMajor: atX, blocks, batch: BATCH, features: COLUMNS });
  spmm(kernels, {
    pointers: atPointers,
    indices: atIndices,
    values: atValues,
    x: blocks,
    y: yBlocks,
    rows: ROWS,
    columns: COLUMNS,
    batch: BATCH,
    nonZeros: indices.length,
  });
  fromBlocks(kernels, { rowMajor: y, blocks: yBlocks, batch: BATCH, features: ROWS });
  const given = heap.floats.slice(y / 4, y / 4 + BATCH * ROWS);
  heap.release(block, bytes);
  const expected = new Float32Array(BATCH * ROWS);
  for (let example = 0; example < BATCH; example++) {
    values.forEach((value, q) => {
      const at = example * ROWS + (rowOf[q] as number);
      expected[at] = (expected[at] as number) + value * (x[example * COLUMNS + (indices[q] as number)] as number);
    });
  }
  return given.every((value, i) => value === expected[i]);
}
