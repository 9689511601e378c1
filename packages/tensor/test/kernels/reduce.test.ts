import { expect, test } from 'vitest';
import { argExtremum } from '../../src/kernels/arg-extremum.ts';
import { reduce, type Reduction } from '../../src/kernels/reduce.ts';
import { referenceArgExtremum, referenceReduce } from '../../src/kernels/reference/reduce.ts';
import type { Kernels } from '../../src/runtime/kernels.ts';
import { inEveryCombination } from './combinations.ts';
import { Blocks } from './memory.ts';
import { floats, integers } from './values.ts';

const shapes: readonly (readonly [shape: number[], axes: number[]])[] = [
  [[], []],
  [[1], [0]],
  [[7], []],
  [[7], [0]],
  [[31], [0]],
  [[32], [0]],
  [[33], [0]],
  [[101], [0]],
  [[70001], [0]],
  [[3, 5], [1]],
  [[3, 5], [0]],
  [[129, 33], [1]],
  [[128, 1024], [0]],
  [[128, 1024], [1]],
  [[2049, 70], [0]],
  [[1000, 3], [0]],
  [[9001, 10], [0]],
  [[3, 9001], [1]],
  [[9, 1], [1]],
  [[10, 2], [1]],
  [[1001, 3], [1]],
  [[7, 4], [1]],
  [[20, 7], [1]],
  [[3, 8], [1]],
  [[18, 16], [1]],
  [[4099, 31], [1]],
  [[6, 32], [1]],
  [[5, 4, 3], [1]],
  [
    [5, 40, 67],
    [0, 2],
  ],
  [
    [2, 3, 4, 5],
    [0, 2],
  ],
  [
    [2, 3, 4, 5],
    [1, 3],
  ],
  [
    [3, 1, 4, 1],
    [1, 2],
  ],
  [
    [2, 3, 2, 3, 2, 3],
    [1, 3, 5],
  ],
  [
    [2, 3, 2, 3, 2, 3],
    [0, 2, 4],
  ],
];
const title = ([shape, axes]: (typeof shapes)[number]): string => `[${shape}] over [${axes}]`;

function run(
  kernels: Kernels,
  reduction: Reduction,
  values: Float32Array | Int32Array,
  shape: readonly number[],
  axes: readonly number[],
  divisor: number,
): Float32Array | Int32Array {
  const blocks = new Blocks(kernels);
  const kept = shape.filter((_, axis) => !axes.includes(axis)).reduce((product, size) => product * size, 1);
  const empty = (): Float32Array | Int32Array => (reduction.startsWith('f32') ? new Float32Array(kept) : new Int32Array(kept));
  const x = blocks.place(values);
  const to = blocks.place(empty());
  reduce(kernels, reduction, x, to, shape, (axis) => axes.includes(axis), divisor);
  const result = blocks.read(to, empty());
  blocks.release();
  return result;
}
const size = (shape: readonly number[]): number => shape.reduce((product, count) => product * count, 1);

inEveryCombination((kernels) => {
  test.for(shapes.map((row) => [title(row), row] as const))(
    'f32_sum and mean of %s: within 24·2^-24 of the sum of magnitudes, the same bits again',
    ([, [shape, axes]]) => {
      const values = floats(size(shape), 3);
      const reduced = (axis: number): boolean => axes.includes(axis);
      for (const divisor of [1, 7]) {
        const actual = run(kernels(), 'f32_sum', values, shape, axes, divisor);
        const exact = referenceReduce('f32_sum', values, shape, reduced, divisor);
        const magnitude = referenceReduce('f32_sum', values.map(Math.abs), shape, reduced, divisor);
        for (let i = 0; i < actual.length; i++)
          expect(Math.abs((actual[i] as number) - (exact[i] as number))).toBeLessThanOrEqual(24 * 2 ** -24 * (magnitude[i] as number));
        expect(run(kernels(), 'f32_sum', values, shape, axes, divisor)).toEqual(actual);
      }
    },
  );

  test.for(shapes.map((row) => [title(row), row] as const))('largest, smallest and integer sums of %s: exact', ([, [shape, axes]]) => {
    const reduced = (axis: number): boolean => axes.includes(axis);
    for (const reduction of ['f32_max', 'f32_min'] as const) {
      const values = floats(size(shape), 5);
      expect(Float64Array.from(run(kernels(), reduction, values, shape, axes, 1))).toEqual(
        referenceReduce(reduction, values, shape, reduced),
      );
    }
    for (const reduction of ['i32_sum', 'i32_max', 'i32_min'] as const) {
      const values = integers(size(shape), 7);
      expect(Float64Array.from(run(kernels(), reduction, values, shape, axes, 1))).toEqual(
        referenceReduce(reduction, values, shape, reduced),
      );
    }
  });

  test('f32_product of signs and a few twos: exact', () => {
    for (const [shape, axes] of shapes) {
      const values = Float32Array.from({ length: size(shape) }, (_, i) => (i < 40 ? 2 : i % 3 === 1 ? -1 : 1));
      const actual = run(kernels(), 'f32_product', values, shape, axes, 1);
      expect(Float64Array.from(actual)).toEqual(referenceReduce('f32_product', values, shape, (axis) => axes.includes(axis)));
    }
  });

  test('infinities and NaN, wherever they stand, come through', () => {
    for (const [shape, axes] of [
      [[65], [0]],
      [[40, 20], [0]],
      [[20, 40], [1]],
    ] as const) {
      for (const special of [NaN, Infinity, -Infinity]) {
        for (let at = 0; at < size(shape); at += 13) {
          const values = floats(size(shape), at);
          values[at] = special;
          for (const reduction of ['f32_sum', 'f32_max', 'f32_min'] as const) {
            const actual = run(kernels(), reduction, values, shape, axes, 1);
            const exact = referenceReduce(reduction, values, shape, (axis) => (axes as readonly number[]).includes(axis));
            expect(Array.from(actual, Number.isFinite)).toEqual(Array.from(exact, Number.isFinite));
            expect(Array.from(actual, Number.isNaN)).toEqual(Array.from(exact, Number.isNaN));
          }
        }
      }
    }
  });

  test.for([
    [1, 1, 1],
    [3, 7, 1],
    [5, 101, 1],
    [7, 2, 1],
    [4003, 3, 1],
    [9001, 15, 1],
    [8, 16, 1],
    [2000, 33, 1],
    [2, 9, 3],
    [3, 11, 37],
    [1, 40000, 1],
    [4, 8, 16],
  ])('argmax, argmin over the middle of [%j]: exact', ([outer = 0, r = 0, n = 0]) => {
    for (const edges of [false, true]) {
      const values = floats(outer * r * n, 9, { edges }).map(edges ? (value) => value : Math.round);
      for (const largest of [true, false]) {
        const blocks = new Blocks(kernels());
        const x = blocks.place(values);
        const to = blocks.place(new Int32Array(outer * n));
        argExtremum(kernels(), largest, { x, to, outer, r, n });
        const actual = blocks.read(to, new Int32Array(outer * n));
        blocks.release();
        expect(actual).toEqual(referenceArgExtremum(largest, values, outer, r, n));
      }
    }
  });
});
