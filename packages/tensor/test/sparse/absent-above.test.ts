import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { disable, enable } from '../../src/index.ts';
import { absentAbove, csrPattern } from '../../src/sparse.ts';
import { referenceAbsentAbove } from '../../src/kernels/reference/sparse/absent-above.ts';
import { backends, useBackend } from '../backends.ts';
import { floats } from '../kernels/values.ts';
import { sparseMatrix } from './matrices.ts';

describe.each(backends)('absentAbove on %s', (name) => {
  beforeAll(async () => {
    await useBackend(name);
    if (name !== 'cpu') await (await enable()).load('sparse');
  });
  afterAll(disable);

  test('exactly what the reference finds, for some of the rows, at any threshold; NaN is never found; nothing leaks', () => {
    for (const [rows, columns, density] of [
      [1, 1, 0],
      [9, 37, 0.3],
      [20, 16, 1],
      [33, 203, 0.1],
    ] as const) {
      const { pointers, indices } = sparseMatrix(rows, columns, density, rows);
      const pattern = csrPattern(rows, columns, pointers, indices);
      const stays = Uint8Array.from(indices, (_, q) => (q % 3 === 0 ? 0 : 1));
      const keep = tf.tensor1d(stays, 'bool');
      const first = Math.floor(rows / 3);
      const values = floats((rows - first) * columns, columns);
      if (values.length > 20) values[11] = NaN;
      const before = tf.memory().numTensors;
      for (const threshold of [-1, 0, 0.7, 1e9, Infinity]) {
        const gradient = tf.tensor2d(values, [rows - first, columns]);
        const expected = referenceAbsentAbove(values, columns, threshold, (row, column) => {
          for (let q = pointers[first + row]!; q < pointers[first + row + 1]!; q++) if (indices[q] === column) return stays[q] === 1;
          return false;
        });
        const given = absentAbove(gradient, pattern, first, keep, threshold);
        expect([...given.sizes]).toEqual(expected.flatMap(({ sizes }) => sizes));
        expect([...given.places]).toEqual(expected.flatMap(({ places }, row) => places.map((column) => row * columns + column)));
        gradient.dispose();
      }
      expect(tf.memory().numTensors).toBe(before);
      keep.dispose();
      pattern.dispose();
    }
  });

  test('wrong arguments are refused by name', () => {
    const pattern = csrPattern(2, 3, Int32Array.of(0, 1, 1), Int32Array.of(0));
    const keep = tf.tensor1d([true], 'bool');
    expect(() => absentAbove(tf.zeros([2, 3]), pattern, 1, keep, 0)).toThrow(
      /shape \[2, 3\] for rows from 1 on, but the pattern is \[2, 3\]/,
    );
    expect(() => absentAbove(tf.zeros([2, 3]), pattern, 0, tf.zeros([1]), 0)).toThrow(/keep .*bool/);
    expect(() => absentAbove(tf.zeros([2, 3]), pattern, 0, keep, NaN)).toThrow(/threshold is NaN/);
    keep.dispose();
    pattern.dispose();
  });
});
