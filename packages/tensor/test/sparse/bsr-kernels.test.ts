import { beforeAll, expect, test } from 'vitest';
import { enable } from '../../src/index.ts';
import { gemmActivations, type GemmActivation } from '../../src/kernels/product.ts';
import { referenceFromBlocks, referenceToBlocks } from '../../src/kernels/reference/sparse/blocks.ts';
import { referenceBsrSddmm, referenceBsrSpmm, type ReferenceBsr } from '../../src/kernels/reference/sparse/bsr.ts';
import { backwardParts } from '../../src/kernels/sparse/backward.ts';
import { bsrBackward, bsrSddmm, bsrSpmm } from '../../src/kernels/sparse/bsr.ts';
import { paddedBatch } from '../../src/kernels/sparse/layout.ts';
import { inEveryCombination } from '../kernels/combinations.ts';
import { Blocks } from '../kernels/memory.ts';
import { floats } from '../kernels/values.ts';
import { sparseMatrix, transposed } from './matrices.ts';

/** Every kind of tile and what is left of it: heights and widths below, at and above 4, batches around the tiles and blocks. */
const cases: readonly (readonly [
  height: number,
  width: number,
  blockRows: number,
  blockColumns: number,
  batch: number,
  density: number,
])[] = [
  [1, 1, 1, 1, 1, 1],
  [4, 1, 9, 31, 64, 0.3],
  [1, 4, 33, 8, 65, 0.3],
  [4, 4, 17, 16, 128, 0.2],
  [4, 4, 8, 8, 13, 0],
  [4, 4, 3, 5, 40, 1],
  [16, 16, 5, 4, 33, 0.5],
  [2, 3, 11, 7, 24, 0.4],
  [5, 6, 8, 9, 17, 0.4],
  [7, 2, 20, 6, 193, 0.3],
  [40, 8, 2, 3, 9, 0.7],
  [4, 150, 3, 2, 70, 0.8],
  [4, 3, 5, 101, 130, 0.9],
];
const activations = Object.keys(gemmActivations) as GemmActivation[];
const activate = {
  linear: (x: number) => x,
  relu: (x: number) => Math.max(x, 0),
  relu6: (x: number) => Math.min(Math.max(x, 0), 6),
  leakyrelu: (x: number) => (x < 0 ? 0.3 * x : x),
};

function blocksOf(height: number, width: number, blockRows: number, blockColumns: number, density: number, seed: number): ReferenceBsr {
  const { pointers, indices } = sparseMatrix(blockRows, blockColumns, density, seed);
  return { blockRows, blockColumns, height, width, pointers, indices, values: floats(indices.length * height * width, seed, { scale: 2 }) };
}

inEveryCombination((kernels) => {
  beforeAll(async () => (await enable()).load('sparse'));

  // Each product and sum of a row's n values rounds once.
  test('f32-bsr, products: error at most 2^-23 · (sqrt(n) + 1) · (sum of the products’ sizes), both ways through the matrix', () => {
    const wrong: string[] = [];
    cases.forEach(([height, width, blockRows, blockColumns, batch, density], index) => {
      const bsr = blocksOf(height, width, blockRows, blockColumns, density, index + 1);
      const across = transposed({ rows: blockRows, columns: blockColumns, ...bsr });
      for (const way of [false, true]) {
        const [features, outputs] = way ? [blockRows * height, blockColumns * width] : [blockColumns * width, blockRows * height];
        const activation = activations[index % activations.length] as GemmActivation;
        const x = floats(batch * features, index + 50);
        const bias = index % 2 ? floats(outputs, index + 70) : undefined;
        const expected = referenceBsrSpmm(bsr, x, batch, way, bias).map(activate[activation]);
        const scale = referenceBsrSpmm({ ...bsr, values: bsr.values.map(Math.abs) }, x.map(Math.abs), batch, way, bias?.map(Math.abs));
        const blocks = new Blocks(kernels());
        const y = blocks.place(new Float32Array(paddedBatch(batch) * outputs).fill(NaN));
        bsrSpmm(kernels(), {
          pointers: blocks.place(way ? across.pointers : bsr.pointers),
          indices: blocks.place(way ? across.indices : bsr.indices),
          order: way ? blocks.place(across.permutation) : 0,
          transposed: way,
          values: blocks.place(bsr.values),
          x: blocks.place(referenceToBlocks(x, batch, features)),
          y,
          blockRows: way ? blockColumns : blockRows,
          blockColumns: way ? blockRows : blockColumns,
          height: way ? width : height,
          width: way ? height : width,
          blocks: bsr.indices.length,
          batch,
          bias: bias ? blocks.place(bias) : 0,
          activation,
          slope: 0.3,
        });
        const given = referenceFromBlocks(blocks.read(y, new Float32Array(paddedBatch(batch) * outputs)), batch, outputs);
        blocks.release();
        given.forEach((value, i) => {
          const n = way ? blockRows * height : blockColumns * width;
          if (!(Math.abs(value - expected[i]!) <= 2 ** -23 * (Math.sqrt(n) + 1) * scale[i]!))
            wrong.push(`${height}x${width}, batch ${batch}, across ${way}, ${activation}: [${i}] is ${value}, not ${expected[i]}`);
        });
      }
    });
    expect(wrong).toEqual([]);
  });

  test('f32-bsr, gradients by rows and by columns, alone and with a product: error at most 2^-23 · (sqrt(batch) + 1) · (sum of the products’ sizes)', () => {
    const wrong: string[] = [];
    cases.forEach(([height, width, blockRows, blockColumns, batch, density], index) => {
      const bsr = blocksOf(height, width, blockRows, blockColumns, density, index + 1);
      const across = transposed({ rows: blockRows, columns: blockColumns, ...bsr });
      const [rows, columns] = [blockRows * height, blockColumns * width];
      const d = floats(batch * rows, index + 20);
      const x = floats(batch * columns, index + 40);
      const expected = referenceBsrSddmm(bsr, d, x, batch);
      const scale = referenceBsrSddmm(bsr, d.map(Math.abs), x.map(Math.abs), batch);
      const count = expected.length;
      for (const way of [false, true]) {
        const blocks = new Blocks(kernels());
        const dvalues = blocks.place(new Float32Array(count).fill(NaN));
        const [atD, atX] = [blocks.place(referenceToBlocks(d, batch, rows)), blocks.place(referenceToBlocks(x, batch, columns))];
        const call = {
          pointers: blocks.place(way ? across.pointers : bsr.pointers),
          indices: blocks.place(way ? across.indices : bsr.indices),
          order: way ? blocks.place(across.permutation) : 0,
          transposed: way,
          blockRows: way ? blockColumns : blockRows,
          blockColumns: way ? blockRows : blockColumns,
          height: way ? width : height,
          width: way ? height : width,
          blocks: bsr.indices.length,
          batch,
          ...(way ? { x: atD, a: atX } : { x: atX, a: atD }),
          dvalues,
          work: blocks.place(new Float32Array((backwardParts(kernels(), batch, count) - 1) * count).fill(NaN)),
        };
        const read = (): Float32Array => blocks.read(dvalues, new Float32Array(count));
        bsrSddmm(kernels(), call);
        const alone = read();
        alone.forEach((value, q) => {
          if (!(Math.abs(value - expected[q]!) <= 2 ** -23 * (Math.sqrt(batch) + 1) * scale[q]!))
            wrong.push(`${height}x${width}, batch ${batch}, across ${way}: [${q}] is ${value}, not ${expected[q]}`);
        });
        const outputs = paddedBatch(batch) * (way ? columns : rows);
        const [y, both] = [0, 0].map(() => blocks.place(new Float32Array(outputs).fill(NaN))) as [number, number];
        const values = blocks.place(bsr.values);
        bsrSpmm(kernels(), { ...call, values, y });
        bsrBackward(kernels(), { ...call, values, y: both });
        expect(read()).toEqual(alone);
        expect(blocks.read(both, new Float32Array(outputs))).toEqual(blocks.read(y, new Float32Array(outputs)));
        bsrSddmm(kernels(), { ...call, batch: 0 });
        expect(read()).toEqual(new Float32Array(count));
        blocks.release();
      }
    });
    expect(wrong).toEqual([]);
  });
});
