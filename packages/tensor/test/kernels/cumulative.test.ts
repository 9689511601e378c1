import { expect, test } from 'vitest';
import { cumulative, type CumulativeKernel } from '../../src/kernels/cumulative.ts';
import { referenceCumulative } from '../../src/kernels/reference/cumulative.ts';
import type { Kernels } from '../../src/runtime/kernels.ts';
import { inEveryCombination } from './combinations.ts';
import { Blocks } from './memory.ts';
import { floats, integers } from './values.ts';

const shapes = [
  [1, 1, 1],
  [1, 7, 1],
  [3, 1, 1],
  [5, 33, 1],
  [4, 16, 1],
  [1002, 20, 1],
  [1, 40000, 1],
  [1, 9, 3],
  [2, 4, 5],
  [1, 300, 16],
  [3, 11, 37],
  [1, 50, 4099],
  [40, 3, 130],
] as const;
const ways = [false, true].flatMap((exclusive) => [false, true].map((reverse) => ({ exclusive, reverse })));

function run<T extends Float32Array | Int32Array>(
  kernels: Kernels,
  name: CumulativeKernel,
  values: T,
  [outer, r, n]: readonly [number, number, number],
  way: (typeof ways)[number],
): T {
  const blocks = new Blocks(kernels);
  const x = blocks.place(values);
  const to = blocks.place(values.slice().fill(0));
  cumulative(kernels, name, { x, to, outer, r, n, ...way });
  const result = blocks.read(to, values.slice() as T);
  blocks.release();
  return result;
}

inEveryCombination((kernels) => {
  test.for(shapes)('cumulative sums and products over the middle of [%i, %i, %i], each way: to the bit as a loop in order', (shape) => {
    const [outer, r, n] = shape;
    for (const way of ways) {
      const values = floats(outer * r * n, 3);
      const sums = referenceCumulative((a, b) => Math.fround(a + b), 0, values, shape, way);
      expect(run(kernels(), 'f32_cumulative_sum', values, shape, way)).toEqual(Float32Array.from(sums));
      const factors = values.map((value, i) => (i % 9 === 4 ? 0.25 : i % 9 === 7 ? -1 : value));
      const products = referenceCumulative((a, b) => Math.fround(a * b), 1, factors, shape, way);
      expect(run(kernels(), 'f32_cumulative_product', factors, shape, way)).toEqual(Float32Array.from(products));
      const whole = integers(outer * r * n, 5);
      const exact = referenceCumulative((a, b) => (a + b) | 0, 0, whole, shape, way);
      expect(run(kernels(), 'i32_cumulative_sum', whole, shape, way)).toEqual(Int32Array.from(exact));
    }
  });

  test('infinities and NaN reach only what comes after them', () => {
    for (const shape of [
      [3, 10, 1],
      [2, 6, 17],
    ] as const) {
      for (const way of ways) {
        // Of the signs of zeros nothing is promised.
        const values = floats(shape[0] * shape[1] * shape[2], 7, { edges: true }).map((value) => (value === 0 ? 0 : value));
        const exact = referenceCumulative((a, b) => Math.fround(a + b), 0, values, shape, way);
        expect(run(kernels(), 'f32_cumulative_sum', values, shape, way)).toEqual(Float32Array.from(exact));
      }
    }
  });
});
