import { beforeAll, expect, test } from 'vitest';
import { enable } from '../../src/index.ts';
import { gemmActivations, type GemmActivation } from '../../src/kernels/product.ts';
import { referenceToBlocks } from '../../src/kernels/reference/sparse/blocks.ts';
import { referenceSddmm, referenceSpmm } from '../../src/kernels/reference/sparse/products.ts';
import { fromBlocks, toBlocks } from '../../src/kernels/sparse/blocks.ts';
import { paddedBatch } from '../../src/kernels/sparse/layout.ts';
import { sddmm } from '../../src/kernels/sparse/sddmm.ts';
import { spmm } from '../../src/kernels/sparse/spmm.ts';
import { inEveryCombination } from '../kernels/combinations.ts';
import { Blocks } from '../kernels/memory.ts';
import { floats } from '../kernels/values.ts';
import { sparseMatrix, transposed } from './matrices.ts';

/** Around every width of a block, group of rows and count of non-zeros a row; densities 0 and 1 too. */
const shapes: readonly (readonly [rows: number, columns: number, batch: number, density: number])[] = [
  [1, 1, 1, 1],
  [1, 1, 7, 0],
  [3, 5, 8, 1],
  [5, 3, 9, 0.5],
  [16, 16, 16, 0.3],
  [17, 13, 31, 0.2],
  [15, 33, 64, 0],
  [33, 15, 65, 1],
  [47, 61, 127, 0.1],
  [64, 64, 128, 0.05],
  [100, 37, 56, 0.2],
  [37, 100, 40, 0.2],
  [131, 257, 72, 0.1],
  [300, 300, 193, 0.02],
];
const activations = Object.keys(gemmActivations) as GemmActivation[];
const activate = {
  linear: (x: number) => x,
  relu: (x: number) => Math.max(x, 0),
  relu6: (x: number) => Math.min(Math.max(x, 0), 6),
  leakyrelu: (x: number) => (x < 0 ? 0.3 * x : x),
};

inEveryCombination((kernels) => {
  beforeAll(async () => (await enable()).load('sparse'));

  test('f32-blocks: exact, both ways', () => {
    for (const [rows, columns, batch] of shapes) {
      for (const features of [rows, columns]) {
        const x = floats(batch * features, 1, { edges: true });
        const blocks = new Blocks(kernels());
        const inBlocks = blocks.place(new Float32Array(paddedBatch(batch) * features).fill(7));
        const back = blocks.place(new Float32Array(batch * features).fill(7));
        toBlocks(kernels(), { rowMajor: blocks.place(x), blocks: inBlocks, batch, features });
        fromBlocks(kernels(), { rowMajor: back, blocks: inBlocks, batch, features });
        expect(blocks.read(inBlocks, new Float32Array(paddedBatch(batch) * features)), `${batch}x${features}`).toEqual(
          referenceToBlocks(x, batch, features),
        );
        expect(blocks.read(back, new Float32Array(batch * features)), `${batch}x${features}`).toEqual(x);
        blocks.release();
      }
    }
  });

  // Each product and sum of a row's n non-zeros rounds once.
  test('f32-spmm: error at most 2^-23 · (sqrt(n) + 1) · (sum of the products’ sizes), both ways through the matrix, every epilogue and layout', () => {
    const wrong: string[] = [];
    shapes.forEach(([rows, columns, batch, density], index) => {
      const matrix = sparseMatrix(rows, columns, density, index + 1);
      const across = transposed(matrix);
      const views = [
        { rows, columns, pointers: matrix.pointers, indices: matrix.indices },
        { rows: columns, columns: rows, ...across },
      ];
      for (const view of views) {
        const activation = activations[(index + view.rows) % activations.length] as GemmActivation;
        const x = floats(batch * view.columns, index + 50);
        const bias = index % 2 ? floats(view.rows, index + 70) : undefined;
        const sparse = { ...view, values: matrix.values };
        const expected = referenceSpmm(sparse, x, batch, view.columns, bias).map(activate[activation]);
        const scale = referenceSpmm(
          { ...sparse, values: matrix.values.map(Math.abs) },
          x.map(Math.abs),
          batch,
          view.columns,
          bias?.map(Math.abs),
        );
        const blocks = new Blocks(kernels());
        const y = blocks.place(new Float32Array(batch * view.rows).fill(NaN));
        const yInBlocks = blocks.place(new Float32Array(paddedBatch(batch) * view.rows).fill(NaN));
        const call = {
          pointers: blocks.place(view.pointers),
          indices: blocks.place(view.indices),
          values: blocks.place(matrix.values),
          permutation: 'permutation' in view ? blocks.place(view.permutation) : 0,
          x: blocks.place(referenceToBlocks(x, batch, view.columns)),
          rows: view.rows,
          columns: view.columns,
          batch,
          nonZeros: matrix.indices.length,
          bias: bias ? blocks.place(bias) : 0,
          activation,
          slope: 0.3,
        };
        spmm(kernels(), { ...call, y });
        spmm(kernels(), { ...call, y: yInBlocks, inBlocks: true });
        const given = blocks.read(y, new Float32Array(batch * view.rows));
        const alike = blocks.place(new Float32Array(batch * view.rows));
        fromBlocks(kernels(), { rowMajor: alike, blocks: yInBlocks, batch, features: view.rows });
        expect(blocks.read(alike, new Float32Array(batch * view.rows))).toEqual(given);
        blocks.release();
        for (let i = 0; i < given.length; i++) {
          const n = view.pointers[(i % view.rows) + 1]! - view.pointers[i % view.rows]!;
          const error = Math.abs(given[i]! - expected[i]!);
          if (!(error <= 2 ** -23 * (Math.sqrt(n) + 1) * scale[i]!))
            wrong.push(`${view.rows}x${view.columns}, batch ${batch}, ${activation}: [${i}] is ${given[i]}, not ${expected[i]}`);
        }
      }
    });
    expect(wrong).toEqual([]);
  });

  test('f32-sddmm: error at most 2^-23 · (sqrt(batch) + 1) · (sum of the products’ sizes)', () => {
    const wrong: string[] = [];
    shapes.forEach(([rows, columns, batch, density], index) => {
      const matrix = sparseMatrix(rows, columns, density, index + 1);
      const d = floats(batch * rows, index + 20);
      const x = floats(batch * columns, index + 40);
      const expected = referenceSddmm(matrix, d, x, batch, columns);
      const scale = referenceSddmm(matrix, d.map(Math.abs), x.map(Math.abs), batch, columns);
      const nonZeros = matrix.indices.length;
      const blocks = new Blocks(kernels());
      const values = blocks.place(new Float32Array(nonZeros).fill(NaN));
      sddmm(kernels(), {
        pointers: blocks.place(matrix.pointers),
        indices: blocks.place(matrix.indices),
        values,
        d: blocks.place(referenceToBlocks(d, batch, rows)),
        x: blocks.place(referenceToBlocks(x, batch, columns)),
        rows,
        columns,
        batch,
        nonZeros,
      });
      const given = blocks.read(values, new Float32Array(nonZeros));
      blocks.release();
      for (let q = 0; q < nonZeros; q++) {
        const error = Math.abs(given[q]! - expected[q]!);
        if (!(error <= 2 ** -23 * (Math.sqrt(batch) + 1) * scale[q]!))
          wrong.push(`${rows}x${columns}, batch ${batch}: [${q}] is ${given[q]}, not ${expected[q]}`);
      }
    });
    expect(wrong).toEqual([]);
  });

  test('an empty batch gives an empty product and a gradient of 0', () => {
    const matrix = sparseMatrix(9, 11, 0.5, 3);
    const blocks = new Blocks(kernels());
    const values = blocks.place(new Float32Array(matrix.indices.length).fill(NaN));
    const call = {
      pointers: blocks.place(matrix.pointers),
      indices: blocks.place(matrix.indices),
      values,
      x: 0,
      rows: 9,
      columns: 11,
      batch: 0,
      nonZeros: matrix.indices.length,
    };
    spmm(kernels(), { ...call, y: 0 });
    sddmm(kernels(), { ...call, d: 0 });
    expect(blocks.read(values, new Float32Array(matrix.indices.length))).toEqual(new Float32Array(matrix.indices.length));
    blocks.release();
  });
});
