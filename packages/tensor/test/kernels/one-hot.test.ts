import { expect, test } from 'vitest';
import { oneHot } from '../../src/kernels/one-hot.ts';
import { referenceOneHot } from '../../src/kernels/reference/one-hot.ts';
import { inEveryCombination } from './combinations.ts';
import { Blocks } from './memory.ts';
import { random } from './values.ts';

inEveryCombination((kernels) => {
  test.for([
    [1, 1],
    [7, 3],
    [5, 16],
    [3, 101],
    [9000, 10],
    [40, 5000],
  ] as const)('%i rows of %i, of 4 bytes and of 1, some indices out of range: exact', ([rows, depth]) => {
    const next = random(rows);
    const indices = Int32Array.from({ length: rows }, (_, i) =>
      i % 11 === 5 ? [-1, depth, -(2 ** 31), 2 ** 31 - 1][i % 4]! : Math.floor(next() * depth),
    );
    for (const width of [1, 4] as const) {
      const blocks = new Blocks(kernels());
      const empty = (): Uint8Array | Int32Array => (width === 1 ? new Uint8Array(rows * depth) : new Int32Array(rows * depth));
      const to = blocks.place(empty());
      const [on, off] = width === 1 ? [0x01010101, 0] : [123456789, -3];
      oneHot(kernels(), { indices: blocks.place(indices), to, rows, depth, width, on, off });
      expect(Array.from(blocks.read(to, empty()))).toEqual(referenceOneHot(indices, depth, width === 1 ? 1 : on, off));
      blocks.release();
    }
  });
});
