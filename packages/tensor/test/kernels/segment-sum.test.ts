import { expect, test } from 'vitest';
import { embeddingGradient } from '../../src/kernels/embedding.ts';
import { referenceSegmentSum } from '../../src/kernels/reference/segment-sum.ts';
import { segmentSum } from '../../src/kernels/segment-sum.ts';
import { inEveryCombination } from './combinations.ts';
import { Blocks } from './memory.ts';
import { floats, integers, random } from './values.ts';

inEveryCombination((kernels) => {
  test('embedding gradients: the sums in the order of the ids, bit for bit', () => {
    for (const [rows, width, count] of [
      [1, 1, 1],
      [3, 5, 0],
      [7, 33, 50],
      [1000, 64, 1001],
      [5, 8, 3000],
    ] as const) {
      const next = random(rows + width);
      const dy = floats(count * width, 1);
      const ids = Int32Array.from({ length: count }, () => Math.floor(next() * rows));
      const blocks = new Blocks(kernels());
      const to = blocks.place(new Float32Array(rows * width).fill(NaN));
      embeddingGradient(kernels(), { dy: blocks.place(dy), ids: blocks.place(ids), to, count, width, rows });
      const given = blocks.read(to, new Float32Array(rows * width));
      blocks.release();
      const expected = new Float32Array(rows * width);
      dy.forEach((value, at) => (expected[ids[Math.floor(at / width)]! * width + (at % width)]! += value));
      expect([...given]).toEqual([...expected]);
    }
  });

  test('segment sums: int32 exact, float32 within 2^-23 · rows a segment · (sum of sizes); other ids dropped', () => {
    for (const [rows, width, segments] of [
      [0, 3, 2],
      [1, 1, 1],
      [7, 5, 3],
      [50, 33, 9],
      [40, 16, 70],
      [600, 130, 20],
    ] as const) {
      for (const type of ['f32', 'i32'] as const) {
        const next = random(rows + width);
        const x = type === 'f32' ? floats(rows * width, 1) : integers(rows * width, 1);
        const before = type === 'f32' ? floats(segments * width, 2) : integers(segments * width, 2);
        const ids = Int32Array.from({ length: rows }, () => Math.floor(next() * (segments + 2)) - 1);
        const blocks = new Blocks(kernels());
        const to = blocks.place(before);
        segmentSum(kernels(), { type, x: blocks.place(x), ids: blocks.place(ids), to, rows, width, segments });
        const given = blocks.read(to, type === 'f32' ? new Float32Array(before.length) : new Int32Array(before.length));
        blocks.release();
        const expected = referenceSegmentSum(x, ids, before, width);
        if (type === 'i32') expect([...given]).toEqual([...expected]);
        else expect(given).toBeAllclose(expected, { rtol: 0, atol: 2 ** -23 * 4 * (1 + rows / segments) ** 1.5 });
      }
    }
  });
});
