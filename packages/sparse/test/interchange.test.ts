import * as tf from '@tensorflow/tfjs-core';
import { random } from '@x/tensor';
import { csrToDense } from '@x/tensor/sparse';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { fromCoordinates, fromDense, sparseLinear, toCoordinates, type SparseMatrix } from '../src/index.ts';
import { useBackend } from './backends.ts';

beforeAll(() => useBackend('cpu'));

const asDense = ({ pattern, values }: SparseMatrix): number[] => tf.tidy(() => [...csrToDense(tf.tensor1d(values), pattern).dataSync()]);
const triples = fc.record({
  rows: fc.integer({ min: 1, max: 7 }),
  columns: fc.integer({ min: 1, max: 7 }),
  list: fc.array(fc.tuple(fc.nat(6), fc.nat(6), fc.integer({ min: -9, max: 9 })), { maxLength: 30 }),
});

test('triples in any order, repeated ones added, give the matrix that a dense one sums up; and back', () => {
  fc.assert(
    fc.property(triples, ({ rows, columns, list }) => {
      const inside = list.filter(([row, column]) => row < rows && column < columns);
      const dense = new Array<number>(rows * columns).fill(0);
      for (const [row, column, value] of inside) dense[row * columns + column]! += value;
      const column = (of: 0 | 1 | 2): number[] => inside.map((triple) => triple[of]);
      const matrix = fromCoordinates([rows, columns], {
        rows: Int32Array.from(column(0)),
        columns: Int32Array.from(column(1)),
        values: Float32Array.from(column(2)),
      });
      expect(asDense(matrix)).toEqual(dense);
      const again = fromCoordinates([rows, columns], toCoordinates(matrix), { repeated: 'refuse' });
      expect([again.pattern.pointers, again.pattern.indices, again.values]).toEqual([
        matrix.pattern.pointers,
        matrix.pattern.indices,
        matrix.values,
      ]);
      const fromIt = fromDense([rows, columns], Float32Array.from(dense));
      expect(asDense(fromIt)).toEqual(dense);
      expect(fromIt.pattern.nonZeros).toBe(dense.filter((value) => value !== 0).length);
    }),
  );
});

test('a layer from a matrix computes with it', () => {
  const matrix = fromDense([2, 3], Float32Array.of(1, 0, 10, 0, 5, 0));
  const layer = sparseLinear(3, 2, { pattern: matrix.pattern, init: () => matrix.values, key: random.key(0) });
  tf.tidy(() => {
    expect([...layer.apply(tf.tensor2d([[1, 2, 3]])).dataSync()]).toEqual([31, 10]);
  });
  layer.dispose();
});

test('what is no matrix is refused by name', () => {
  const at = (row: number, column: number): Parameters<typeof fromCoordinates>[1] => ({
    rows: Int32Array.of(0, row),
    columns: Int32Array.of(0, column),
    values: Float32Array.of(1, 2),
  });
  expect(() => fromCoordinates([2, 2], at(2, 0))).toThrow(/triple 1 is at \[2, 0\], outside the matrix \[2, 2\]/);
  expect(() => fromCoordinates([2, 2], at(0, -1))).toThrow(/triple 1 is at \[0, -1\]/);
  expect(() => fromCoordinates([2, 2], at(0, 0), { repeated: 'refuse' })).toThrow(/triple 1 repeats the place \[0, 0\]/);
  expect(() => fromCoordinates([2, 2], { ...at(0, 1), values: Float32Array.of(1) })).toThrow(/2 rows, 2 columns and 1 values/);
  expect(() => fromDense([2, 2], Float32Array.of(1))).toThrow(/1 values, but \[2, 2\] has 4/);
});
