import { beforeAll, expect, test } from 'vitest';
import { enable } from '../../src/index.ts';
import { referenceAbsentAbove } from '../../src/kernels/reference/sparse/absent-above.ts';
import { referenceKeepLargest } from '../../src/kernels/reference/sparse/keep-largest.ts';
import { absentAbove, gatherAbsent } from '../../src/kernels/sparse/absent-above.ts';
import { columnSquares, takeColumns } from '../../src/kernels/sparse/columns.ts';
import { keepLargest, kthLargest, largest } from '../../src/kernels/sparse/select.ts';
import { inEveryCombination } from '../kernels/combinations.ts';
import { Blocks } from '../kernels/memory.ts';
import { floats } from '../kernels/values.ts';
import { sparseMatrix } from './matrices.ts';

/** Many repeated values, either sign, infinities, denormals and NaN. */
function valuesOf(count: number): Float32Array {
  return floats(count, count, { edges: true }).map((value, i) => (i % 4 === 0 ? i % 3 : value));
}

inEveryCombination((kernels) => {
  beforeAll(async () => (await enable()).load('sparse'));

  test('f32-keep-largest and f32-kth-largest: exact, by value and by magnitude', () => {
    for (const count of [1, 2, 3, 17, 1000, 5001]) {
      for (const k of new Set([1, 2, Math.ceil(count / 3), count - 1, count])) {
        if (k < 1 || k > count) continue;
        const values = valuesOf(count);
        for (const by of ['value', 'magnitude', 'negated'] as const) {
          const blocks = new Blocks(kernels());
          const keep = blocks.place(new Uint8Array(count).fill(7));
          keepLargest(kernels(), { values: blocks.place(values), count, k, by, keep });
          expect(blocks.read(keep, new Uint8Array(count)), `${k} of ${count} by ${by}`).toEqual(referenceKeepLargest(values, k, by));
          blocks.release();
        }
        const blocks = new Blocks(kernels());
        const to = blocks.place(new Float32Array(1));
        kthLargest(kernels(), { values: blocks.place(values), count, k, to });
        const sizes = values.map(Math.abs).sort();
        expect(blocks.read(to, new Float32Array(1))[0]).toBe(sizes[count - k]);
        blocks.release();
      }
    }
  });

  test('f32-keep-largest: exact where a run has more keys than there is room for, where all are equal, and where few are', () => {
    for (const [count, value] of [
      [300_000, (i: number) => 1 + ((i * 7919) % 1009) * 2 ** -23],
      [300_000, (i: number) => (i % 3 === 0 ? -1 : i) * 1e30],
      [777, () => -0],
      [20_000, (i: number) => ((i * 7919) % 20_011) / 20_011 - 0.5],
    ] as const) {
      const values = Float32Array.from({ length: count }, (_, i) => value(i));
      for (const by of ['value', 'magnitude', 'negated'] as const) {
        const k = Math.ceil(count / 3);
        const blocks = new Blocks(kernels());
        const keep = blocks.place(new Uint8Array(count));
        keepLargest(kernels(), { values: blocks.place(values), count, k, by, keep });
        const flags = blocks.read(keep, new Uint8Array(count));
        const expected = referenceKeepLargest(values, k, by);
        expect(
          flags.every((flag, i) => flag === expected[i]),
          `${count} by ${by}`,
        ).toBe(true);
        blocks.release();
      }
    }
  });

  test('f32-largest: the sizes and positions that f32-keep-largest flags, in their order', () => {
    for (const [count, k] of [
      [0, 3],
      [3, 3],
      [5, 0],
      [10, 4],
      [3001, 1000],
    ] as const) {
      const sizes = Float32Array.from({ length: count }, (_, i) => (i * 7919) % 97);
      const positions = Float64Array.from({ length: count }, (_, i) => i * 2 ** 33);
      const blocks = new Blocks(kernels());
      const [at, places, left] = [blocks.place(sizes), blocks.place(new Uint8Array(positions.buffer)), blocks.place(new Int32Array(1))];
      // Elsewhere first, because the front of the positions is written over.
      const apart = blocks.place(new Uint8Array(positions.buffer.slice(0, 8 * k)));
      const again = { sizes: blocks.place(sizes), positions: blocks.place(new Uint8Array(positions.buffer)) };
      largest(kernels(), { ...again, count, k, left, leftPositions: apart });
      largest(kernels(), { sizes: at, positions: places, count, k, left });
      const flags = referenceKeepLargest(sizes, k, 'magnitude');
      const expected = positions.filter((_, i) => flags[i] === 1);
      expect(blocks.read(left, new Int32Array(1))[0]).toBe(expected.length);
      const given = blocks.read(places, new Uint8Array(8 * expected.length));
      expect(new Float64Array(given.buffer)).toEqual(expected);
      expect(new Float64Array(blocks.read(apart, new Uint8Array(8 * expected.length)).buffer)).toEqual(expected);
      expect(blocks.read(at, new Float32Array(expected.length))).toEqual(sizes.filter((_, i) => flags[i] === 1));
      blocks.release();
    }
  });

  test('f64-column-squares: error at most 2^-52 · rows, relatively; f32-take-columns: exact', () => {
    for (const [rows, columns] of [
      [1, 1],
      [5, 17],
      [128, 64],
      [131, 259],
    ] as const) {
      const values = floats(rows * columns, rows);
      values[0] = 1e-30;
      if (columns > 16) values[16] = 3e38;
      const list = Int32Array.from({ length: columns }, (_, column) => column).filter((column) => column % 3 !== 1);
      const blocks = new Blocks(kernels());
      const [squares, taken] = [blocks.place(new Float64Array(columns)), blocks.place(new Float32Array(rows * list.length))];
      const call = { from: blocks.place(values), rows, columns };
      columnSquares(kernels(), { ...call, to: squares });
      takeColumns(kernels(), { ...call, to: taken, list: blocks.place(list), count: list.length });
      const sums = blocks.read(squares, new Float64Array(columns));
      for (let column = 0; column < columns; column++) {
        let expected = 0;
        for (let row = 0; row < rows; row++) expected += values[row * columns + column]! ** 2;
        expect(Math.abs(sums[column]! - expected), `${rows}x${columns}`).toBeLessThanOrEqual(2 ** -52 * rows * expected);
      }
      expect(blocks.read(taken, new Float32Array(rows * list.length))).toEqual(
        Float32Array.from(
          { length: rows * list.length },
          (_, i) => values[Math.floor(i / list.length) * columns + list[i % list.length]!]!,
        ),
      );
      blocks.release();
    }
  });

  test('f32-absent-above and f32-gather-absent: exact, for some of the rows, at any threshold; NaN is never found', () => {
    for (const [rows, columns, density] of [
      [1, 1, 0],
      [9, 37, 0.3],
      [20, 16, 1],
      [300, 203, 0.1],
    ] as const) {
      const { pointers, indices } = sparseMatrix(rows, columns, density, rows);
      const keep = Uint8Array.from(indices, (_, q) => (q % 3 === 0 ? 0 : 1));
      const list = Int32Array.from({ length: rows }, (_, row) => row).filter((row) => row % 3 !== 1);
      const own = list.length;
      const gradient = floats(own * columns, columns);
      if (gradient.length > 20) gradient[11] = NaN;
      for (const threshold of [-1, 0, 0.7, 1e9, Infinity]) {
        const expected = referenceAbsentAbove(gradient, columns, threshold, (row, column) => {
          for (let q = pointers[list[row]!]!; q < pointers[list[row]! + 1]!; q++) if (indices[q] === column) return keep[q] === 1;
          return false;
        });
        const blocks = new Blocks(kernels());
        const room = own * columns;
        const call = {
          gradient: blocks.place(gradient),
          pointers: blocks.place(pointers),
          indices: blocks.place(indices),
          keep: blocks.place(keep),
          ...{ rows: own, columns, threshold },
          sizes: blocks.place(new Float32Array(room + 2 * own)),
          places: blocks.place(new Int32Array(room + 2 * own)),
          spans: blocks.place(new Int32Array(2 * own)),
          list: blocks.place(list),
        };
        absentAbove(kernels(), call);
        const to = {
          toSizes: blocks.place(new Float32Array(room)),
          toPositions: blocks.place(new Uint8Array(8 * room)),
          found: blocks.place(new Int32Array(1)),
        };
        gatherAbsent(kernels(), call, to);
        const sizes = expected.flatMap((row) => row.sizes);
        expect(blocks.read(to.found, new Int32Array(1))[0]).toBe(sizes.length);
        expect([...blocks.read(to.toSizes, new Float32Array(sizes.length))]).toEqual(sizes);
        const positions = new Float64Array(blocks.read(to.toPositions, new Uint8Array(8 * sizes.length)).buffer);
        expect([...positions]).toEqual(expected.flatMap(({ places }, row) => places.map((column) => list[row]! * columns + column)));
        blocks.release();
      }
    }
  });
});
