import { expect, test } from 'vitest';
import { referenceTopK } from '../../src/kernels/reference/top-k.ts';
import { topK } from '../../src/kernels/top-k.ts';
import type { Kernels } from '../../src/runtime/kernels.ts';
import { inEveryCombination } from './combinations.ts';
import { Blocks } from './memory.ts';
import { floats, integers, random } from './values.ts';

const sizes = [
  [1, 1, 1],
  [7, 1, 1],
  [5, 3, 2],
  [3, 15, 15],
  [4, 16, 1],
  [3, 17, 5],
  [9, 33, 33],
  [2, 64, 40],
  [3, 65, 33],
  [3, 100, 32],
  [5, 1000, 5],
  [5, 1000, 70],
  [300, 300, 300],
  [2, 5000, 1000],
  [1, 40001, 10],
  [1, 40001, 300],
] as const;

function check(kernels: Kernels, values: Float32Array | Int32Array, rows: number, n: number, k: number): void {
  const blocks = new Blocks(kernels);
  const [to, empty] = [values.slice(0, rows * k), new Int32Array(rows * k)];
  const addresses = { x: blocks.place(values), values: blocks.place(to), indices: blocks.place(empty) };
  topK(kernels, { ...addresses, rows, n, k, type: values instanceof Int32Array ? 'i32' : 'f32' });
  const actual = { values: Float64Array.from(blocks.read(addresses.values, to)), indices: blocks.read(addresses.indices, empty) };
  blocks.release();
  expect(actual).toEqual(referenceTopK(values, rows, n, k));
}

inEveryCombination((kernels) => {
  test.for(sizes)('the largest of %i rows of %i, %i of each, floats and integers, with ties: exact', ([rows, n, k]) => {
    const next = random(n + k);
    for (const values of [
      floats(rows * n, 3),
      // Nearly all equal others; -0 equals 0.
      floats(rows * n, 5).map((value) => Math.round(value)),
      floats(rows * n, 7, { edges: true }),
      integers(rows * n, 9),
      new Int32Array(rows * n).map((_, i) => (i % 3 === 0 ? -(2 ** 31) : i % 3 === 1 ? 2 ** 31 - 1 : Math.floor(next() * 3))),
    ])
      check(kernels(), values, rows, n, k);
  });

  test('rows that rise, fall and stay: exact', () => {
    for (const k of [1, 3, 40, 200])
      for (const slope of [1, -1, 0])
        check(
          kernels(),
          Float32Array.from({ length: 6000 }, (_, i) => slope * (i % 2000)),
          3,
          2000,
          k,
        );
  });

  test('more than the scratch holds, several rows: exact', () => {
    const [rows, n, k] = [3, 70_000, 66_000];
    check(kernels(), floats(rows * n, 11), rows, n, k);
  });
});
