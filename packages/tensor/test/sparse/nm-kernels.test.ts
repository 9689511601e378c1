import { beforeAll, expect, test } from 'vitest';
import { enable } from '../../src/index.ts';
import { referenceFromBlocks, referenceToBlocks } from '../../src/kernels/reference/sparse/blocks.ts';
import { referenceSddmm, referenceSpmm } from '../../src/kernels/reference/sparse/products.ts';
import { paddedBatch } from '../../src/kernels/sparse/layout.ts';
import { nmBackward, nmPieces } from '../../src/kernels/sparse/nm.ts';
import { inEveryCombination } from '../kernels/combinations.ts';
import { Blocks } from '../kernels/memory.ts';
import { floats, random } from '../kernels/values.ts';
import { transposed, type TestMatrix } from './matrices.ts';

/** n non-zeros among each m neighbours of a row. */
function nmMatrix(rows: number, columns: number, n: number, m: number, seed: number): TestMatrix {
  const next = random(seed);
  const indices: number[] = [];
  for (let group = 0; group < (rows * columns) / m; group++) {
    const first = (group * m) % columns;
    const drawn = Array.from({ length: m }, (_, i) => ({ column: first + i, order: next() })).sort((a, b) => a.order - b.order);
    indices.push(
      ...drawn
        .slice(0, n)
        .map(({ column }) => column)
        .sort((a, b) => a - b),
    );
  }
  const pointers = Int32Array.from({ length: rows + 1 }, (_, row) => (row * columns * n) / m);
  return { rows, columns, pointers, indices: Int32Array.from(indices), values: Float32Array.from(indices, () => next() * 4 - 2) };
}

/** Around every width of a tile and block of examples; pieces of 64 and fewer columns, an odd and an even number of them. */
const cases: readonly (readonly [rows: number, columns: number, n: number, m: number, batch: number])[] = [
  [1, 64, 2, 4, 1],
  [37, 128, 2, 4, 83],
  [65, 120, 4, 8, 128],
  [130, 192, 1, 4, 200],
  [9, 48, 2, 4, 64],
  [70, 56, 7, 8, 40],
  [3, 32, 32, 32, 17],
];
test('regular patterns are told from others, sparse ones without being read', () => {
  const { pointers, indices } = nmMatrix(5, 128, 2, 4, 1);
  const sizes = { rows: 5, columns: 128, nonZeros: 320 };
  expect(nmPieces({ ...sizes, pointers, indices })).toEqual({ piece: 64, inPiece: 32 });
  // A row with one non-zero fewer in its first half and one more in the second: as many in all.
  const row = Array.from({ length: 128 }, (_, column) => column).filter((column) => column % 2 === 0);
  row.splice(31, 1);
  row.push(127);
  const broken = Int32Array.from([...indices.subarray(0, 64), ...row.sort((a, b) => a - b), ...indices.subarray(128)]);
  expect(nmPieces({ ...sizes, pointers, indices: broken })).toBeUndefined();
  expect(nmPieces({ ...sizes, pointers: Int32Array.of(0, 63, 128, 192, 256, 320), indices })).toBeUndefined();
  expect(nmPieces({ rows: 0, columns: 128, nonZeros: 0, pointers: Int32Array.of(0), indices: new Int32Array(0) })).toBeUndefined();
  const unread = (): never => {
    throw new Error('read');
  };
  const thin = Object.defineProperties({ rows: 5, columns: 128, nonZeros: 40 }, { pointers: { get: unread }, indices: { get: unread } });
  expect(nmPieces(thin as Parameters<typeof nmPieces>[0])).toBeUndefined();
});

inEveryCombination((kernels) => {
  beforeAll(async () => (await enable()).load('sparse'));

  // Each product and sum of n values rounds once.
  test('f32-nm-backward: error at most 2^-23 · (sqrt(n) + 1) · (sum of the products’ sizes)', () => {
    const wrong: string[] = [];
    cases.forEach(([rows, columns, n, m, batch], index) => {
      const matrix = nmMatrix(rows, columns, n, m, index + 1);
      const { indices, values } = matrix;
      const pieces = nmPieces({ rows, columns, nonZeros: indices.length, pointers: matrix.pointers, indices })!;
      const across = transposed(matrix);
      const inOrder = Float32Array.from(across.permutation, (q) => values[q]!);
      const view = { rows: columns, columns: rows, pointers: across.pointers, indices: across.indices };
      const [x, d] = [floats(batch * columns, index + 20), floats(batch * rows, index + 40)];
      const size = (of: Float32Array): Float32Array => of.map(Math.abs);
      const expected = {
        dx: referenceSpmm({ ...view, values: inOrder }, d, batch, rows),
        dvalues: referenceSddmm(matrix, d, x, batch, columns),
      };
      const scale = {
        dx: referenceSpmm({ ...view, values: size(inOrder) }, size(d), batch, rows),
        dvalues: referenceSddmm(matrix, size(d), size(x), batch, columns),
      };
      const blocks = new Blocks(kernels());
      const padded = paddedBatch(batch);
      const dx = blocks.place(new Float32Array(padded * columns).fill(NaN));
      const dvalues = blocks.place(new Float32Array(indices.length).fill(NaN));
      const call = {
        indices: blocks.place(indices),
        values: blocks.place(values),
        x: blocks.place(referenceToBlocks(x, batch, columns)),
        ...{ rows, columns, batch, nonZeros: indices.length },
      };
      nmBackward(kernels(), { ...call, d: blocks.place(referenceToBlocks(d, batch, rows)), dx, dvalues }, pieces);
      const inBlocks = blocks.read(dx, new Float32Array(padded * columns));
      const given = { dx: referenceFromBlocks(inBlocks, batch, columns), dvalues: blocks.read(dvalues, new Float32Array(indices.length)) };
      // Examples that the batch hasn't are 0.
      expect(inBlocks).toEqual(referenceToBlocks(given.dx, batch, columns));
      nmBackward(kernels(), { ...call, batch: 0, d: 0, dx: 0, dvalues }, pieces);
      expect(blocks.read(dvalues, new Float32Array(indices.length))).toEqual(new Float32Array(indices.length));
      blocks.release();
      const terms = { dx: rows, dvalues: batch };
      for (const part of ['dx', 'dvalues'] as const) {
        given[part].forEach((value, i) => {
          if (!(Math.abs(value - expected[part][i]!) <= 2 ** -23 * (Math.sqrt(terms[part]) + 1) * scale[part][i]!))
            wrong.push(`${rows}x${columns} ${n}:${m}, batch ${batch}: ${part}[${i}] is ${value}, not ${expected[part][i]}`);
        });
      }
    });
    expect(wrong).toEqual([]);
  });
});
