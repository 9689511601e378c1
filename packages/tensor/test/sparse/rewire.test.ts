import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { disable, enable } from '../../src/index.ts';
import { csrPattern, moveValues, rewire } from '../../src/sparse.ts';
import { referenceMove, referenceRewire } from '../../src/kernels/reference/sparse/rewire.ts';
import { referenceTransposeCsr } from '../../src/kernels/reference/sparse/transpose-csr.ts';
import { backends, useBackend } from '../backends.ts';
import { floats, random } from '../kernels/values.ts';
import { sparseMatrix } from './matrices.ts';

/** Around the sizes from which on the work is shared out; densities 0 and 1; many rows and few, few columns and many. */
const shapes = [
  [1, 1, 0, 0],
  [1, 1, 1, 1],
  [7, 5, 0.4, 0.3],
  [64, 100, 1, 0],
  [3, 20000, 0.5, 0.1],
  [20000, 3, 0.5, 0.1],
  [400, 500, 0.2, 0.2],
] as const;

describe.each(backends)('rewire on %s', (name) => {
  beforeAll(async () => {
    await useBackend(name);
    if (name !== 'cpu') await (await enable()).load('sparse');
  });
  afterAll(disable);

  test('exactly what the reference makes, transposed view and values too; nothing leaks', () => {
    for (const [rows, columns, density, growing] of shapes) {
      const { pointers, indices, values } = sparseMatrix(rows, columns, density, rows);
      const before = tf.memory().numTensors;
      const old = csrPattern(rows, columns, pointers, indices);
      const next = random(columns);
      const keep = Uint8Array.from(indices, () => (next() < 0.6 ? 1 : 0));
      const stays = new Set<number>();
      for (let row = 0; row < rows; row++)
        for (let q = pointers[row]!; q < pointers[row + 1]!; q++) if (keep[q] === 1) stays.add(row * columns + indices[q]!);
      // Free positions, among which are those just dropped.
      const free = Array.from({ length: rows * columns }, (_, position) => position).filter((position) => !stays.has(position));
      const grown = Float64Array.from(free.filter(() => next() < growing));
      const expected = referenceRewire({ rows, columns, pointers, indices }, keep, grown);
      const { pattern, from } = rewire(old, { keep, grown });
      expect(pattern.nonZeros).toBe(expected.indices.length);
      expect(pattern.pointers).toEqual(expected.pointers);
      expect(pattern.indices).toEqual(expected.indices);
      expect(from.dataSync()).toEqual(expected.from);
      if (name !== 'cpu') {
        const across = referenceTransposeCsr({ rows, columns, ...expected });
        const { acrossPointers, acrossIndices, permutation } = pattern.onDevice();
        expect(acrossPointers.dataSync()).toEqual(across.pointers);
        expect(acrossIndices.dataSync()).toEqual(across.indices);
        expect(permutation.dataSync()).toEqual(across.permutation);
      }
      const given = floats(grown.length, 5);
      const had = tf.tensor1d(values);
      for (const [size, news] of [
        [from.size, undefined],
        [from.size + 5000, given],
      ] as const) {
        const moved = moveValues(had, from, size, news);
        expect(moved.dataSync()).toEqual(referenceMove(values, expected.from, size, news));
        moved.dispose();
      }
      tf.dispose([had, from]);
      pattern.dispose();
      old.dispose();
      expect(tf.memory().numTensors).toBe(before);
    }
  });

  test('any flag but 0 keeps', () => {
    const old = csrPattern(2, 3, Int32Array.of(0, 1, 2), Int32Array.of(0, 2));
    const { pattern, from } = rewire(old, { keep: Uint8Array.of(2, 255), grown: Float64Array.of(4) });
    expect([...pattern.pointers, ...pattern.indices, ...from.dataSync()]).toEqual([0, 1, 3, 0, 1, 2, 0, -1, 1]);
    from.dispose();
    old.dispose();
    pattern.dispose();
  });

  test('a disposed pattern can still be read if it was before, and says so if it was not', () => {
    const old = csrPattern(2, 3, Int32Array.of(0, 1, 2), Int32Array.of(0, 2));
    const { pattern, from } = rewire(old, { keep: Uint8Array.of(1, 0), grown: Float64Array.of(4) });
    expect([...pattern.indices]).toEqual([0, 1]);
    pattern.dispose();
    expect([...pattern.indices]).toEqual([0, 1]);
    pattern.dispose();
    if (name !== 'cpu') expect(() => pattern.pointers).toThrow(/disposed, and its pointers were not read before/);
    old.dispose();
    from.dispose();
  });

  test('what doesn’t fit is refused by name, and nothing is made', () => {
    const pattern = csrPattern(2, 3, Int32Array.of(0, 1, 2), Int32Array.of(0, 2));
    const before = tf.memory().numTensors;
    const keep = Uint8Array.of(1, 0);
    const none = new Float64Array(0);
    expect(() => rewire(pattern, { keep: Uint8Array.of(1), grown: none })).toThrow(/keep has 1 flags, but the pattern has 2 non-zeros/);
    expect(() => rewire(pattern, { keep: [1, 0] as never, grown: none })).toThrow(/keep is .* must be a Uint8Array/);
    expect(() => rewire(pattern, { keep, grown: [1] as never })).toThrow(/grown is .* must be a Float64Array/);
    for (const grown of [[6], [-1], [NaN], [2, 1], [1, 1], [2.5], [2, 2.5]])
      expect(() => rewire(pattern, { keep, grown: Float64Array.from(grown) })).toThrow(
        /grown has .* positions are whole and must rise, each once, from 0 to 5/,
      );
    expect(() => rewire(pattern, { keep, grown: Float64Array.of(0, 4) })).toThrow(/grown has the position of a non-zero that stays/);
    expect(tf.memory().numTensors).toBe(before);
    pattern.dispose();
    expect(() => rewire(pattern, { keep, grown: none })).toThrow(/pattern is disposed/);
  });
});
