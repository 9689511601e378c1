import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { disable, enable } from '../../src/index.ts';
import { csrPattern, keepLargest, largestAbsent } from '../../src/sparse.ts';
import { backends, useBackend } from '../backends.ts';
import { random } from '../kernels/values.ts';
import { sparseMatrix } from './matrices.ts';

/**
 * Small whole numbers, whose products are exact in whatever order they are added up; many are equal, and most rows 0. Those of a feature
 * have a power of 2 in common, at most so far from 1, whose square may be too small for a float.
 */
function batchOf(batch: number, features: number, seed: number, silent = 0, powers = 0): Float32Array {
  const next = random(seed);
  const scales = Array.from({ length: features }, () => (next() < silent ? 0 : 2 ** Math.round(-powers * next())));
  return Float32Array.from({ length: batch * features }, (_, i) => scales[i % features]! * (Math.round(next() * 14) - 7));
}

describe.each(backends)('largestAbsent on %s', (name) => {
  beforeAll(async () => {
    await useBackend(name);
    if (name !== 'cpu') await (await enable()).load('sparse');
  });
  afterAll(disable);

  test('exactly the largest of the dense product, of equal ones the earlier; where a sample misleads too; nothing leaks', () => {
    for (const [rows, columns, batch, density, count, silent, powers] of [
      [1, 1, 1, 0, 1, 0],
      [9, 37, 5, 0.3, 20, 0],
      [20, 16, 3, 1, 5, 0],
      // More than there are.
      [6, 5, 4, 0.5, 99, 0],
      // More than one tile.
      [900, 1000, 2, 0.01, 3000, 0],
      // Hardly a row has a gradient, so that the sample says too little or too much.
      [700, 120, 3, 0.05, 500, 0.97],
      // Rows and columns of all sizes.
      [700, 120, 3, 0.05, 500, 0.1, 8],
      [130, 130, 2, 0.05, 16000, 0, 60],
    ] as const) {
      const { pointers, indices } = sparseMatrix(rows, columns, density, rows);
      const pattern = csrPattern(rows, columns, pointers, indices);
      const keep = Uint8Array.from(indices, (_, q) => (q % 3 === 0 ? 0 : 1));
      const dz = tf.tensor2d(batchOf(batch, rows, 1, silent, powers), [batch, rows]);
      const x = tf.tensor2d(batchOf(batch, columns, 2, 0, powers), [batch, columns]);
      const gradient = tf.tidy(() =>
        tf
          .abs(tf.matMul(dz, x, true, false))
          .dataSync()
          .slice(),
      );
      for (let row = 0; row < rows; row++)
        for (let q = pointers[row]!; q < pointers[row + 1]!; q++) if (keep[q] === 1) gradient[row * columns + indices[q]!] = -1;
      const flags = keepLargest(gradient as Float32Array, count);
      const expected = [...flags.keys()].filter((position) => flags[position] === 1 && gradient[position]! >= 0);
      const before = tf.memory().numTensors;
      expect([...largestAbsent(dz, x, pattern, keep, count)], `${rows}x${columns}`).toEqual(expected);
      expect(tf.memory().numTensors).toBe(before);
      tf.dispose([dz, x]);
      pattern.dispose();
    }
  });

  test('NaN is never among them', () => {
    const pattern = csrPattern(2, 3, Int32Array.of(0, 0, 0), new Int32Array(0));
    const [dz, x] = [tf.tensor2d([[NaN, 1]]), tf.tensor2d([[1, 2, 3]])];
    expect([...largestAbsent(dz, x, pattern, new Uint8Array(0), 5)]).toEqual([3, 4, 5]);
    tf.dispose([dz, x]);
    pattern.dispose();
  });

  test('wrong arguments are refused by name', () => {
    const pattern = csrPattern(2, 3, Int32Array.of(0, 1, 1), Int32Array.of(0));
    const keep = Uint8Array.of(1);
    expect(() => largestAbsent(tf.zeros([2, 3]), tf.zeros([2, 3]), pattern, keep, 1)).toThrow(/largestAbsent: dz/);
    expect(() => largestAbsent(tf.zeros([2, 2]), tf.zeros([3, 3]), pattern, keep, 1)).toThrow(/largestAbsent: x/);
    expect(() => largestAbsent(tf.zeros([2, 2]), tf.zeros([2, 3]), pattern, Uint8Array.of(1, 1), 1)).toThrow(/keep has 2 flags/);
    expect(() => largestAbsent(tf.zeros([2, 2]), tf.zeros([2, 3]), pattern, keep, -1)).toThrow(/count is -1/);
    pattern.dispose();
  });
});
