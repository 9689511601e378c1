import { expect, test } from 'vitest';
import { copyStrided, gatherRows, rowMajorStrides, scatterRows } from '../../src/kernels/copy.ts';
import { referenceScatterRows, referenceStrided, referenceTranspose } from '../../src/kernels/reference/copy.ts';
import { transpose } from '../../src/kernels/transpose.ts';
import { inEveryCombination } from './combinations.ts';
import { Blocks, type Values } from './memory.ts';

const size = (shape: readonly number[]): number => shape.reduce((product, count) => product * count, 1);
/** Values that are all different, of 4 bytes or of 1. */
const numbered = (count: number, width: number): Values =>
  width === 4 ? Int32Array.from({ length: count }, (_, i) => i * 7 + 1) : Uint8Array.from({ length: count }, (_, i) => i * 7 + 1);
const empty = (count: number, width: number): Values => (width === 4 ? new Int32Array(count) : new Uint8Array(count));

const permutations: readonly (readonly [shape: number[], permutation: number[]])[] = [
  [
    [0, 3],
    [1, 0],
  ],
  [[5], [0]],
  [
    [1, 7],
    [1, 0],
  ],
  [
    [3, 5],
    [1, 0],
  ],
  [
    [16, 16],
    [1, 0],
  ],
  [
    [17, 33],
    [1, 0],
  ],
  [
    [64, 300],
    [1, 0],
  ],
  [
    [300, 257],
    [1, 0],
  ],
  [
    [1000, 3],
    [1, 0],
  ],
  [
    [2, 3, 4],
    [0, 2, 1],
  ],
  [
    [2, 3, 4],
    [2, 1, 0],
  ],
  [
    [5, 18, 35],
    [2, 0, 1],
  ],
  [
    [5, 18, 35],
    [1, 0, 2],
  ],
  [
    [3, 17, 20, 5],
    [0, 2, 1, 3],
  ],
  [
    [3, 17, 20, 5],
    [0, 3, 1, 2],
  ],
  [
    [3, 17, 20, 5],
    [3, 2, 1, 0],
  ],
  [
    [2, 3, 4, 5, 6],
    [4, 1, 3, 0, 2],
  ],
  [
    [2, 3, 2, 3, 2, 3],
    [5, 3, 1, 4, 2, 0],
  ],
  [
    [2, 3, 2, 3, 2, 3],
    [4, 0, 2, 1, 3, 5],
  ],
];

/** Layouts by sizes and strides in the input; the output lies in order. */
const layouts: readonly (readonly [sizes: number[], strides: number[], offset: number])[] = [
  [[0], [1], 0],
  [[1], [1], 5],
  [[9], [1], 3],
  [[9], [-1], 8],
  [[9], [0], 4],
  [[3, 5], [7, 1], 2],
  [[5, 3], [1, 7], 0],
  [[40, 33], [101, 1], 11],
  [[7, 20000], [20011, 1], 1],
  [[3, 4, 5], [20, 0, 1], 0],
  [[2, 3, 2, 5], [0, 5, 0, 1], 0],
  [[4, 3, 8], [-24, 8, 1], 72],
  [[3, 2, 3, 2, 3, 2, 3], [400, 150, 40, 0, 10, 4, 1], 0],
];

inEveryCombination((kernels) => {
  test.for(permutations)('transpose of [%j] by [%j]: exact', ([shape, permutation]) => {
    for (const width of [4, 1]) {
      const values = numbered(size(shape), width);
      const blocks = new Blocks(kernels());
      const to = blocks.place(empty(values.length, width));
      const done = transpose(kernels(), { x: blocks.place(values), to, shape, permutation, width });
      if (done) expect(Array.from(blocks.read(to, empty(values.length, width)))).toEqual(referenceTranspose(values, shape, permutation));
      else expect(width).toBe(1);
      blocks.release();
    }
  });

  test.for(layouts)('copy of [%j] by strides [%j]: exact', ([sizes, strides, offset]) => {
    for (const width of [4, 1]) {
      const values = numbered(150000, width);
      const blocks = new Blocks(kernels());
      const to = blocks.place(empty(size(sizes), width));
      const x = blocks.place(values) + offset * width;
      expect(copyStrided(kernels(), { x, to, sizes, stridesIn: strides, stridesOut: rowMajorStrides(sizes), width })).toBe(true);
      expect(Array.from(blocks.read(to, empty(size(sizes), width)))).toEqual(referenceStrided(values, sizes, strides, offset));
      blocks.release();
    }
  });

  test('a copy of too many axes is refused and writes nothing', () => {
    const sizes = new Array<number>(10).fill(2);
    const strides = sizes.map((_, axis) => (axis % 2 === 0 ? 0 : 2 ** (10 - axis)));
    const blocks = new Blocks(kernels());
    const to = blocks.place(new Int32Array(1024));
    const x = blocks.place(numbered(1024, 4));
    expect(copyStrided(kernels(), { x, to, sizes, stridesIn: strides, stridesOut: rowMajorStrides(sizes), width: 4 })).toBe(false);
    expect(blocks.read(to, new Int32Array(1024)).every((value) => value === 0)).toBe(true);
    blocks.release();
  });

  test.for([1, 2, 3, 4, 7, 64, 301])('rows of %i elements gathered: exact', (row) => {
    const [batch, groups, choices, chosen] = [2, 3, 5, 70];
    const indices = Int32Array.from({ length: batch * chosen }, (_, i) => (i * 3) % choices);
    for (const width of [4, 1]) {
      const values = numbered(batch * groups * choices * row, width);
      const blocks = new Blocks(kernels());
      const count = batch * groups * chosen * row;
      const to = blocks.place(empty(count, width));
      gatherRows(kernels(), {
        x: blocks.place(values),
        to,
        indices: blocks.place(indices),
        row: row * width,
        batch,
        groups,
        choices,
        chosen,
      });
      const expected = Array.from({ length: count }, (_, index) => {
        const line = Math.floor(index / row);
        const group = Math.floor(line / chosen);
        const choice = indices[Math.floor(group / groups) * chosen + (line % chosen)] as number;
        return values[(group * choices + choice) * row + (index % row)];
      });
      expect(Array.from(blocks.read(to, empty(count, width)))).toEqual(expected);
      blocks.release();
    }
  });

  test.for([1, 3, 7, 8, 16, 40, 5000])('rows of %i values put where indices say, of several the last: exact', (row) => {
    const [rows, places] = [29, 17];
    const indices = Int32Array.from({ length: rows }, (_, i) => (i * 11) % (places - 2));
    for (const width of [4, 1]) {
      const blocks = new Blocks(kernels());
      const values = numbered(rows * row, width);
      const before = numbered(places * row, width);
      const to = blocks.place(before);
      scatterRows(kernels(), { x: blocks.place(values), to, indices: blocks.place(indices), row: row * width, rows });
      expect(Array.from(blocks.read(to, empty(places * row, width)))).toEqual(referenceScatterRows(values, indices, before, row));
      blocks.release();
    }
  });

  test.for([
    [5, 3, 2, 1],
    [400, 1, 0, 3],
    [60, 700, 5, 0],
    [3, 40_000, 7, 9],
  ])('%i rows of %i with %i before each and %i after: exact', ([rows = 0, n = 0, before = 0, after = 0]) => {
    for (const width of [4, 1]) {
      const blocks = new Blocks(kernels());
      const values = numbered(rows * n, width);
      const out = before + n + after;
      const to = blocks.place(empty(rows * out, width));
      copyStrided(kernels(), {
        x: blocks.place(values),
        to: to + before * width,
        sizes: [rows, n],
        stridesIn: [n, 1],
        stridesOut: [out, 1],
        width,
        padding: { before, after, word: 0x07070707 },
      });
      const word = width === 4 ? 0x07070707 : 7;
      const expected = Array.from({ length: rows }, (_, i) => [
        ...new Array<number>(before).fill(word),
        ...values.subarray(i * n, (i + 1) * n),
        ...new Array<number>(after).fill(word),
      ]).flat();
      expect(Array.from(blocks.read(to, empty(rows * out, width)))).toEqual(expected);
      blocks.release();
    }
  });
});
