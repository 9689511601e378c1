import { expect, test } from 'vitest';
import { referenceSegmentSum } from '../../src/kernels/reference/segment-sum.ts';
import { segmentSum } from '../../src/kernels/segment-sum.ts';
import { inEveryCombination } from './combinations.ts';
import { Blocks } from './memory.ts';
import { floats, integers, random } from './values.ts';

inEveryCombination((kernels) => {
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
