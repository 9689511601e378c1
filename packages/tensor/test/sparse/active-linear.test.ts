import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { disable, enable, linear } from '../../src/index.ts';
import { activeLinear } from '../../src/sparse.ts';
import { activeRows } from '../../src/kernels/sparse/active-rows.ts';
import { referenceActiveRows } from '../../src/kernels/reference/sparse/active-rows.ts';
import { backends, useBackend } from '../backends.ts';
import { inEveryCombination } from '../kernels/combinations.ts';
import { Blocks } from '../kernels/memory.ts';
import { floats } from '../kernels/values.ts';

/** Values of which about so many of ten are 0. */
function mostly(zeros: number, count: number, seed: number): Float32Array {
  return floats(count, seed, { scale: 1 }).map((value, i) => ((i * 7919 + seed) % 10 < zeros ? 0 : value));
}

const shapes: readonly (readonly [batch: number, rows: number, columns: number, zeros: number])[] = [
  [1, 1, 1, 0],
  [1, 5, 3, 10],
  [2, 64, 64, 9],
  [8, 33, 130, 5],
  [3, 300, 257, 8],
  [1, 1000, 512, 0],
  [0, 4, 4, 0],
];

inEveryCombination((kernels) => {
  beforeAll(async () => (await enable()).load('sparse'));

  test('f32-active-rows: error at most 2^-23 · (sqrt(rows) + 1) · (sum of the products’ sizes), NaN in skipped rows unseen', () => {
    const wrong: string[] = [];
    shapes.forEach(([batch, rows, columns, zeros], index) => {
      const x = mostly(zeros, batch * rows, index);
      const w = floats(rows * columns, index + 1, { scale: 1 });
      if (batch === 1 && x[0] === 0) w.fill(NaN, 0, columns);
      const bias = index % 2 ? floats(columns, index + 2) : undefined;
      const expected = referenceActiveRows(x, w, batch, rows, columns, bias);
      const scale = referenceActiveRows(x.map(Math.abs), w.map(Math.abs), batch, rows, columns, bias?.map(Math.abs));
      const blocks = new Blocks(kernels());
      const y = blocks.place(new Float32Array(batch * columns).fill(NaN));
      activeRows(kernels(), {
        x: blocks.place(x),
        w: blocks.place(w),
        y,
        ...{ batch, rows, columns },
        bias: bias ? blocks.place(bias) : 0,
        work: blocks.place(new Int32Array(batch * (rows + 1) + 1)),
      });
      const given = blocks.read(y, new Float32Array(batch * columns));
      blocks.release();
      given.forEach((value, i) => {
        if (!(Math.abs(value - expected[i]!) <= 2 ** -23 * (Math.sqrt(rows) + 1) * scale[i]!))
          wrong.push(`${batch}x${rows}x${columns}: [${i}] is ${value}, not ${expected[i]}`);
      });
    });
    expect(wrong).toEqual([]);
  });
});

describe.each(backends)('activeLinear on %s', (name) => {
  beforeAll(async () => {
    await useBackend(name);
    if (name !== 'cpu') await (await enable()).load('sparse');
  });
  afterAll(disable);

  test('output and gradients are those of linear, to 1e-5 of the sum of the products’ sizes; any leading axes; nothing leaks', () => {
    const inputs = [
      tf.tensor(mostly(8, 2 * 3 * 40, 1), [2, 3, 40]),
      tf.tensor(floats(40 * 30, 2, { scale: 1 }), [40, 30]),
      tf.tensor1d(floats(30, 3, { scale: 1 })),
    ];
    const weight = tf.tensor(floats(2 * 3 * 30, 4, { scale: 1 }), [2, 3, 30]);
    const before = tf.memory().numTensors;
    const run = (apply: typeof activeLinear): Float32Array[] =>
      tf.tidy(() => [
        apply(inputs[0]!, inputs[1]!, inputs[2]).dataSync().slice() as Float32Array,
        ...tf
          .grads((x, w, b) => tf.sum(tf.mul(apply(x!, w!, b), weight)))(inputs)
          .map((tensor) => tensor.dataSync().slice() as Float32Array),
      ]);
    const dense = run(linear);
    run(activeLinear).forEach((given, i) => expect(given).toBeAllclose(dense[i]!, { rtol: 1e-5, atol: 1e-5 * Math.sqrt(40) * 2 }));
    expect(tf.memory().numTensors).toBe(before);
    expect(() => activeLinear(tf.zeros([2, 3]), inputs[1]!)).toThrow(/x has 3 values .* takes 40/);
    expect(() => activeLinear(inputs[0]!, inputs[1]!, tf.zeros([3]))).toThrow(/bias .*\[30\]/);
    tf.dispose([...inputs, weight]);
  });
});
