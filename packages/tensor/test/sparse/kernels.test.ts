import { beforeAll, expect, test } from 'vitest';
import { enable } from '../../src/index.ts';
import { gemmActivations, type GemmActivation } from '../../src/kernels/product.ts';
import { referenceFromBlocks, referenceToBlocks } from '../../src/kernels/reference/sparse/blocks.ts';
import { referenceOutputGradient } from '../../src/kernels/reference/sparse/output-gradient.ts';
import { referenceSddmm, referenceSpmm } from '../../src/kernels/reference/sparse/products.ts';
import { referenceTransposeCsr } from '../../src/kernels/reference/sparse/transpose-csr.ts';
import { backwardParts, sparseBackward } from '../../src/kernels/sparse/backward.ts';
import { fromBlocks, toBlocks } from '../../src/kernels/sparse/blocks.ts';
import { blockCount, paddedBatch } from '../../src/kernels/sparse/layout.ts';
import { outputGradient } from '../../src/kernels/sparse/output-gradient.ts';
import { addParts, gather } from '../../src/kernels/sparse/permute.ts';
import { sddmm } from '../../src/kernels/sparse/sddmm.ts';
import { spmm } from '../../src/kernels/sparse/spmm.ts';
import { transposeCsr } from '../../src/kernels/sparse/transpose-csr.ts';
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

/** What a kernel left in blocks, row-major; examples that the batch hasn't must be 0. */
function readBlocks(blocks: Blocks, address: number, batch: number, features: number): Float32Array {
  const inBlocks = blocks.read(address, new Float32Array(paddedBatch(batch) * features));
  const x = referenceFromBlocks(inBlocks, batch, features);
  const padding = referenceToBlocks(x.slice().fill(1), batch, features);
  expect(inBlocks.filter((_, i) => padding[i] === 0).every((value) => value === 0)).toBe(true);
  return x;
}

inEveryCombination((kernels) => {
  beforeAll(async () => (await enable()).load('sparse'));

  test('f32-to-blocks and f32-from-blocks: exact', () => {
    for (const [rows, columns, batch] of shapes) {
      for (const features of [rows, columns]) {
        const x = floats(batch * features, 1, { edges: true });
        const blocks = new Blocks(kernels());
        const inBlocks = blocks.place(new Float32Array(paddedBatch(batch) * features).fill(7));
        toBlocks(kernels(), { rowMajor: blocks.place(x), blocks: inBlocks, batch, features });
        expect(blocks.read(inBlocks, new Float32Array(paddedBatch(batch) * features)), `${batch}x${features}`).toEqual(
          referenceToBlocks(x, batch, features),
        );
        const back = blocks.place(new Float32Array(batch * features));
        fromBlocks(kernels(), { rowMajor: back, blocks: inBlocks, batch, features });
        expect(blocks.read(back, new Float32Array(batch * features))).toEqual(x);
        blocks.release();
      }
    }
  });

  // A bias's gradient is a sum of `batch` terms.
  test('f32-sparse-output-gradient: dz exact, its sum to 2^-24 · (batch + 1) · (sum of the terms’ sizes)', () => {
    const wrong: string[] = [];
    shapes.forEach(([rows, columns, batch], index) => {
      for (const features of [rows, columns]) {
        const activation = activations[(index + features) % activations.length] as GemmActivation;
        const dy = floats(batch * features, index, { scale: 2 });
        const y = floats(batch * features, index + 1, { scale: 8 }).map((value, i) => (i % 5 === 0 ? 0 : value));
        const expected = referenceOutputGradient(dy, y, batch, features, activation, 0.3);
        const blocks = new Blocks(kernels());
        const d = blocks.place(new Float32Array(paddedBatch(batch) * features).fill(NaN));
        const bias = blocks.place(new Float32Array(features).fill(NaN));
        const call = {
          dy: blocks.place(referenceToBlocks(dy, batch, features)),
          y: blocks.place(referenceToBlocks(y, batch, features)),
          bias,
          work: blocks.place(new Float32Array(blockCount(batch) * features)),
          ...{ batch, features, activation, slope: 0.3 },
        };
        outputGradient(kernels(), { ...call, d });
        expect(blocks.read(d, new Float32Array(paddedBatch(batch) * features)), `${batch}x${features} ${activation}`).toEqual(
          referenceToBlocks(expected.dz, batch, features),
        );
        const sums = blocks.read(bias, new Float32Array(features));
        const other = blocks.place(new Float32Array(paddedBatch(batch) * features).fill(NaN));
        outputGradient(kernels(), { ...call, dy: blocks.place(dy), rowMajor: true, d: other });
        expect(blocks.read(other, new Float32Array(paddedBatch(batch) * features)), `row-major ${batch}x${features}`).toEqual(
          referenceToBlocks(expected.dz, batch, features),
        );
        expect(blocks.read(bias, new Float32Array(features))).toEqual(sums);
        if (activation === 'linear') {
          outputGradient(kernels(), { ...call, d: 0 });
          expect(blocks.read(bias, new Float32Array(features))).toEqual(sums);
        }
        blocks.release();
        sums.forEach((sum, feature) => {
          let sizes = 0;
          for (let e = 0; e < batch; e++) sizes += Math.abs(expected.dz[e * features + feature]!);
          if (!(Math.abs(sum - expected.bias[feature]!) <= 2 ** -24 * (batch + 1) * sizes))
            wrong.push(`${batch}x${features} ${activation}: bias ${feature} is ${sum}, not ${expected.bias[feature]}`);
        });
      }
    });
    expect(wrong).toEqual([]);
  });

  test('f32-gather and f32-add-parts: exact', () => {
    for (const count of [0, 1, 3, 9, 1001, 20000]) {
      const permutation = Int32Array.from({ length: count }, (_, i) => (i * 7919) % Math.max(1, count));
      const values = floats(count, count);
      const blocks = new Blocks(kernels());
      const from = blocks.place(values);
      const at = blocks.place(permutation);
      const there = blocks.place(new Float32Array(count));
      gather(kernels(), { permutation: at, from, to: there, count });
      expect(blocks.read(there, new Float32Array(count))).toEqual(Float32Array.from(permutation, (place) => values[place]!));
      const parts = Float32Array.from({ length: 2 * count }, (_, i) => i % 1000);
      const sum = blocks.place(new Float32Array(count).fill(5));
      addParts(kernels(), { from: blocks.place(parts), to: sum, count }, 2);
      expect(blocks.read(sum, new Float32Array(count))).toEqual(
        Float32Array.from({ length: count }, (_, i) => 5 + parts[i]! + parts[count + i]!),
      );
      blocks.release();
    }
  });

  test('i32-transpose-csr: exact', () => {
    for (const [rows, columns, , density] of [...shapes, [0, 5, 0, 0], [5, 0, 0, 0], [7, 1, 0, 0.5]] as const) {
      const { pointers, indices } = sparseMatrix(rows, columns, density, rows);
      const expected = referenceTransposeCsr({ rows, columns, pointers, indices });
      const blocks = new Blocks(kernels());
      const place = (size: number): number => blocks.place(new Int32Array(size).fill(-1));
      const [acrossPointers, acrossIndices, permutation] = [place(columns + 1), place(indices.length), place(indices.length)];
      const call = { pointers: blocks.place(pointers), indices: blocks.place(indices), rows, columns, nonZeros: indices.length };
      transposeCsr(kernels(), { ...call, acrossPointers, acrossIndices, permutation });
      expect(blocks.read(acrossPointers, new Int32Array(columns + 1))).toEqual(expected.pointers);
      expect(blocks.read(acrossIndices, new Int32Array(indices.length))).toEqual(expected.indices);
      expect(blocks.read(permutation, new Int32Array(indices.length))).toEqual(expected.permutation);
      blocks.release();
    }
  });

  // Each product and sum of a row's n non-zeros rounds once.
  test('f32-spmm: error at most 2^-23 · (sqrt(n) + 1) · (sum of the products’ sizes), both ways through the matrix, every epilogue', () => {
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
        const values = 'permutation' in view ? Float32Array.from(view.permutation, (q) => matrix.values[q]!) : matrix.values;
        const sparse = { ...view, values };
        const expected = referenceSpmm(sparse, x, batch, view.columns, bias).map(activate[activation]);
        const scale = referenceSpmm({ ...sparse, values: values.map(Math.abs) }, x.map(Math.abs), batch, view.columns, bias?.map(Math.abs));
        const blocks = new Blocks(kernels());
        const y = blocks.place(new Float32Array(paddedBatch(batch) * view.rows).fill(NaN));
        const call = {
          pointers: blocks.place(view.pointers),
          indices: blocks.place(view.indices),
          values: blocks.place(values),
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
        const given = readBlocks(blocks, y, batch, view.rows);
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

  test('f32-sparse-backward: dX and dvalues as by the two products of the reference, error at most 2^-23 · (sqrt(n) + 1) · (sum of the products’ sizes)', () => {
    const wrong: string[] = [];
    // The last column has more non-zeros than are worked on at once, and the batch more blocks.
    const all = [...shapes, [2100, 3, 9, 1] as const, [40, 24, 300, 0.3] as const];
    all.forEach(([rows, columns, batch, density], index) => {
      const matrix = sparseMatrix(rows, columns, density, index + 1);
      const across = transposed(matrix);
      const inOrder = Float32Array.from(across.permutation, (q) => matrix.values[q]!);
      const d = floats(batch * rows, index + 20);
      const x = floats(batch * columns, index + 40);
      const view = { rows: columns, pointers: across.pointers, indices: across.indices };
      const expected = {
        dx: referenceSpmm({ ...view, values: inOrder }, d, batch, rows),
        dvalues: referenceSddmm(matrix, d, x, batch, columns),
      };
      const scale = {
        dx: referenceSpmm({ ...view, values: inOrder.map(Math.abs) }, d.map(Math.abs), batch, rows),
        dvalues: referenceSddmm(matrix, d.map(Math.abs), x.map(Math.abs), batch, columns),
      };
      const nonZeros = matrix.indices.length;
      const blocks = new Blocks(kernels());
      const dx = blocks.place(new Float32Array(paddedBatch(batch) * columns).fill(NaN));
      const dvalues = blocks.place(new Float32Array(nonZeros).fill(NaN));
      sparseBackward(kernels(), {
        pointers: blocks.place(across.pointers),
        indices: blocks.place(across.indices),
        permutation: blocks.place(across.permutation),
        values: blocks.place(matrix.values),
        dvalues,
        work: blocks.place(new Float32Array(backwardParts(kernels(), batch, nonZeros) * nonZeros)),
        d: blocks.place(referenceToBlocks(d, batch, rows)),
        x: blocks.place(referenceToBlocks(x, batch, columns)),
        dx,
        rows,
        columns,
        batch,
        nonZeros,
      });
      const given = { dx: readBlocks(blocks, dx, batch, columns), dvalues: blocks.read(dvalues, new Float32Array(nonZeros)) };
      blocks.release();
      for (const part of ['dx', 'dvalues'] as const) {
        given[part].forEach((value, i) => {
          const n = part === 'dx' ? across.pointers[(i % columns) + 1]! - across.pointers[i % columns]! : batch;
          if (!(Math.abs(value - expected[part][i]!) <= 2 ** -23 * (Math.sqrt(n) + 1) * scale[part][i]!))
            wrong.push(`${rows}x${columns}, batch ${batch}: ${part}[${i}] is ${value}, not ${expected[part][i]}`);
        });
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
    const zeros = new Float32Array(matrix.indices.length);
    sddmm(kernels(), { ...call, d: 0 });
    expect(blocks.read(values, new Float32Array(zeros.length))).toEqual(zeros);
    const dvalues = blocks.place(zeros.slice().fill(NaN));
    sparseBackward(kernels(), { ...call, permutation: 0, work: 0, d: 0, dx: 0, dvalues });
    expect(blocks.read(dvalues, new Float32Array(zeros.length))).toEqual(zeros);
    const bias = blocks.place(new Float32Array(9).fill(NaN));
    outputGradient(kernels(), { dy: 0, y: 0, d: 0, bias, work: 0, batch: 0, features: 9 });
    expect(blocks.read(bias, new Float32Array(9))).toEqual(new Float32Array(9));
    blocks.release();
  });
});
