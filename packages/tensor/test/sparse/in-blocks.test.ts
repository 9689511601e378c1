import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { disable, enable } from '../../src/index.ts';
import { bsrLinear, bsrPattern, csrLinear, csrPattern } from '../../src/sparse.ts';
import type { XBackend } from '../../src/backend/backend.ts';
import { floats } from '../kernels/values.ts';
import { sparseMatrix } from './matrices.ts';

/** Outputs of sparse products lie in another layout until somebody asks for their values, which nobody may notice. */
describe('sparse products’ layout', () => {
  const [rows, columns, batch] = [37, 29, 83];
  let pattern: ReturnType<typeof csrPattern>;
  let values: tf.Tensor;
  let x: tf.Tensor;
  const product = (): tf.Tensor => csrLinear(x, values, pattern);

  beforeAll(async () => {
    await (await enable()).load('sparse');
    const matrix = sparseMatrix(rows, columns, 0.3, 1);
    pattern = csrPattern(rows, columns, matrix.pointers, matrix.indices);
    values = tf.tensor1d(matrix.values);
    x = tf.tensor(floats(batch * columns, 2), [batch, columns]);
  });
  afterAll(disable);

  test('every way of reading gives the same: as it is, reshaped, sliced, through tfjs’s kernels and ours, after a copy was made', () => {
    const whole = tf.tidy(() => product().dataSync().slice());
    const seen = tf.tidy(() => {
      const [reshaped, copied, kept] = [tf.reshape(product(), [rows, batch]), tf.clone(product()), product()];
      const sum = tf.add(kept, 0);
      const sliced = tf.slice(product(), [1, 0]);
      const reversed = tf.reverse(tf.reverse(product(), 0), 0);
      return [reshaped, copied, kept, sum, reversed].map((tensor) => tensor.dataSync().slice()).concat([sliced.dataSync().slice()]);
    });
    for (const all of seen.slice(0, 5)) expect(all).toEqual(whole);
    expect(seen[5]).toEqual(whole.slice(rows));
  });

  test('one sparse product after another reads what reshaped values mean, not where they lie', () => {
    const across = csrPattern(3, rows, Int32Array.of(0, 1, 2, 3), Int32Array.of(5, 0, 36));
    const ones = tf.ones([3]);
    const [first, second] = tf.tidy(() => {
      const y = product();
      const other = tf.reshape(tf.reshape(y, [rows, batch]), [batch, rows]);
      return [csrLinear(y, ones, across), csrLinear(tf.add(other, 0), ones, across)].map((tensor) => tensor.dataSync().slice());
    }) as unknown as [Float32Array, Float32Array];
    expect(first).toEqual(second);
    // A batch of another shape over the same values.
    const turned = csrPattern(1, batch, Int32Array.of(0, 1), Int32Array.of(7));
    const one = tf.ones([1]);
    const [given, expected] = tf.tidy(() => {
      const y = tf.reshape(product(), [rows, batch]);
      const row = csrLinear(y, one, turned);
      return [row.dataSync().slice(), tf.slice(y, [0, 7], [-1, 1]).dataSync().slice()];
    }) as unknown as [Float32Array, Float32Array];
    expect(given).toEqual(expected);
    tf.dispose([ones, one]);
    across.dispose();
    turned.dispose();
  });

  test('a kernel that fails after it asked for the values leaves them', () => {
    const backend = tf.backend() as XBackend;
    const y = product();
    const expected = tf.tidy(() => product().dataSync().slice());
    const used = backend.heap.statistics.used;
    expect(() =>
      backend.guard(() => {
        backend.address(y);
        product();
        throw new Error('on its way');
      }),
    ).toThrow(/on its way/);
    expect(y.dataSync()).toEqual(expected);
    expect(backend.heap.statistics.used).toBeLessThanOrEqual(used);
    y.dispose();
  });

  test('its memory goes back whether anybody asked or not, and a variable may hold it', () => {
    const { heap } = tf.backend() as XBackend;
    const before = heap.statistics.used;
    product().dispose();
    expect(heap.statistics.used).toBe(before);
    const y = product();
    y.dataSync();
    y.dispose();
    expect(heap.statistics.used).toBe(before);
    const held = tf.tidy(() => tf.variable(product()));
    const copy = held.dataSync().slice();
    held.assign(tf.tidy(() => tf.add(held, 1)));
    expect(held.dataSync()[3]).toBeCloseTo(copy[3]! + 1, 5);
    held.dispose();
  });

  test('an input laid out for the forward pass serves the backward pass once, gives what it would without, and goes', () => {
    const { heap } = tf.backend() as XBackend;
    const blocks = bsrPattern(12, columns - 1, [4, 4], Int32Array.of(0, 2, 3, 5), Int32Array.of(0, 6, 3, 1, 2));
    const inputs = tf.tidy(() => tf.variable(tf.slice(x, [0, 0], [-1, columns - 1])));
    for (const [apply, count] of [
      [(of: tf.Tensor, v: tf.Tensor) => bsrLinear(of, v, blocks, undefined, { activation: 'relu' }), blocks.nonZeros],
      [(of: tf.Tensor, v: tf.Tensor) => csrLinear(of, v, blocks.grid, undefined, { activation: 'relu' }), blocks.grid.nonZeros],
    ] as const) {
      const own = tf.tensor1d(floats(count, 5));
      const trained = tf.variable(own);
      const wide = count === blocks.nonZeros ? inputs : tf.tidy(() => tf.slice(inputs, [0, 0], [-1, 7]).clone());
      const gradients = (v: tf.Tensor): Float32Array[] =>
        tf.tidy(() =>
          tf
            .grads((of: tf.Tensor, w: tf.Tensor) => tf.square(apply(of, w)))([wide, v])
            .map((g) => g.dataSync().slice() as Float32Array),
        );
      // Of a tensor that isn't trained each gradient is made alone, and no copy kept.
      const expected = gradients(own);
      const used = heap.statistics.used;
      const given = gradients(trained);
      expect(heap.statistics.used).toBe(used);
      given.forEach((values, index) => expect(values).toBeAllclose(expected[index]!, { rtol: 1e-5, atol: 1e-5 }));
      if (wide !== inputs) wide.dispose();
      tf.dispose([own, trained]);
    }
    inputs.dispose();
    blocks.dispose();
  });

  test('the gradients of a 2:4 pattern, which go by rows where the values are trained, are those by columns', () => {
    const places = Int32Array.from(
      { length: rows * 32 },
      (_, q) => ((q % 32) >> 1) * 4 + (q % 2 === 0 ? (q % 3 === 0 ? 0 : 1) : 2 + (q % 5 === 0 ? 1 : 0)),
    );
    const regular = csrPattern(
      rows,
      64,
      Int32Array.from({ length: rows + 1 }, (_, row) => row * 32),
      places,
    );
    // Of small integers, so that every sum is exact.
    const integers = (count: number, seed: number): Float32Array => floats(count, seed, { scale: 8 }).map(Math.round);
    const own = tf.tensor1d(integers(rows * 32, 7));
    const trained = tf.variable(own);
    const wide = tf.tensor(integers(batch * 64, 8), [batch, 64]);
    const gradients = (v: tf.Tensor): Float32Array[] =>
      tf.tidy(() =>
        tf
          .grads((of: tf.Tensor, w: tf.Tensor) => tf.square(csrLinear(of, w, regular)))([wide, v])
          .map((g) => g.dataSync().slice() as Float32Array),
      );
    const expected = gradients(own);
    const given = gradients(trained);
    expect(regular.pieces).toEqual({ piece: 64, inPiece: 32 });
    expect(Math.max(...expected[1]!)).toBeGreaterThan(100);
    expect(given).toEqual(expected);
    tf.dispose([own, trained, wide]);
    regular.dispose();
  });
});
