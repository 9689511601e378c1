import { beforeAll, expect, test } from 'vitest';
import { enable } from '../../src/index.ts';
import { referenceToBlocks, referenceFromBlocks } from '../../src/kernels/reference/sparse/blocks.ts';
import { referenceInt8Spmm } from '../../src/kernels/reference/sparse/int8-products.ts';
import { paddedBatch } from '../../src/kernels/sparse/layout.ts';
import { qs8Spmm } from '../../src/kernels/sparse/qs8-spmm.ts';
import { inEveryCombination } from '../kernels/combinations.ts';
import { Blocks } from '../kernels/memory.ts';
import { random } from '../kernels/values.ts';
import { sparseMatrix } from './matrices.ts';

/** Around every width of a block, group of rows and count of non-zeros a row; densities 0 and 1 too. */
const shapes: readonly (readonly [rows: number, columns: number, batch: number, density: number])[] = [
  [1, 1, 1, 1],
  [1, 1, 7, 0],
  [3, 5, 8, 1],
  [17, 13, 31, 0.2],
  [33, 15, 65, 1],
  [47, 61, 127, 0.1],
  [100, 37, 56, 0.2],
  [37, 100, 40, 0.2],
  [300, 300, 193, 0.02],
];

function bytes(count: number, seed: number): Int8Array {
  const next = random(seed);
  // The ends too, whose products are largest.
  return Int8Array.from({ length: count }, (_, i) => (i % 7 === 0 ? -128 : i % 11 === 0 ? 127 : Math.floor(next() * 256) - 128));
}

inEveryCombination((kernels) => {
  beforeAll(async () => (await enable()).load('sparse'));

  test('qs8-spmm: exact, every epilogue', () => {
    shapes.forEach(([rows, columns, batch, density], index) => {
      const { pointers, indices } = sparseMatrix(rows, columns, density, index + 1);
      const values = bytes(indices.length, index).map((value) => Math.max(value, -127));
      const x = bytes(batch * columns, index + 50);
      const next = random(index + 70);
      const scales = Float32Array.from({ length: rows }, () => next() / 64);
      const bias = index % 2 ? Float32Array.from({ length: rows }, () => next() * 8 - 4) : undefined;
      const sums = Int32Array.from({ length: rows }, (_, row) =>
        values.subarray(pointers[row], pointers[row + 1]).reduce((sum, value) => sum + value, 0),
      );
      const [inputScale, zero] = [0.037, index % 3 === 0 ? 0 : 13 * index - 60];
      const expected = referenceInt8Spmm({ rows, pointers, indices, values, scales }, x, batch, columns, { inputScale, zero, bias });
      const relu = index % 2 === 0;
      const blocks = new Blocks(kernels());
      const place = (of: Int8Array): number => blocks.place(new Uint8Array(of.buffer));
      const inBlocks = Int8Array.from(referenceToBlocks(Float32Array.from(x), batch, columns));
      const y = blocks.place(new Float32Array(paddedBatch(batch) * rows).fill(7));
      qs8Spmm(kernels(), {
        ...{ pointers: blocks.place(pointers), indices: blocks.place(indices), values: place(values), x: place(inBlocks), y },
        ...{ rows, columns, batch, nonZeros: indices.length, scales: blocks.place(scales), sums: blocks.place(sums), inputScale, zero },
        ...{ bias: bias ? blocks.place(bias) : 0, activation: relu ? 'relu' : 'linear' },
      });
      const actual = referenceFromBlocks(blocks.read(y, new Float32Array(paddedBatch(batch) * rows)), batch, rows);
      expect(actual, `${rows}x${columns}x${batch}`).toEqual(relu ? expected.map((value) => Math.max(value, 0)) : expected);
      blocks.release();
    });
  });
});
