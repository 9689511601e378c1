import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { disable, enable, random } from '../../src/index.ts';
import { compress, compressBounded, restore, restoreBounded, roundTensor, type SmallFloat } from '../../src/storage.ts';
import { backends, useBackend } from '../backends.ts';
import { floats } from '../kernels/values.ts';

const e4m3: SmallFloat = { mantissaBits: 3, max: 448, leastNormal: 2 ** -6, least: 2 ** -9, nonFinite: 'fn' };
const expected: Record<string, ArrayLike<number>> = {};

describe.each(backends)('on %s', (name) => {
  beforeAll(async () => {
    await useBackend(name);
    if (name !== 'cpu') await (await enable()).load('storage');
  });
  afterAll(disable);

  /** The same numbers on every backend, and nothing left. */
  function expectSame(what: string, run: () => number[]): void {
    const before = tf.memory().numTensors;
    const given = tf.tidy(run as never) as unknown as number[];
    expect(tf.memory().numTensors).toBe(before);
    expected[what] ??= given;
    expect(given).toEqual(expected[what]);
  }
  const read = (x: tf.Tensor): number[] => Array.from(x.dataSync(), (value) => value + 0);

  test.each([1, 64, 1000, 4097])('compress and restore %d numbers', (count) => {
    for (const bits of [2, 4, 8] as const)
      expectSame(`${count} in ${bits}`, () => {
        const kept = compress(tf.tensor1d(floats(count, count)), { key: random.key(7), bits, groupSize: 128 });
        return [kept.codes, kept.ranges, restore(kept)].flatMap(read);
      });
  });

  test('compress is unbiased, within 4 standard errors', () => {
    tf.tidy(() => {
      const x = tf.tensor1d(floats(512, 3));
      const values = x.dataSync();
      const rounds = 64;
      let total = 0;
      for (let round = 0; round < rounds; round++) {
        const restored = restore(compress(x, { key: random.key(round) })).dataSync();
        restored.forEach((value, i) => (total += value - values[i]!));
      }
      // A step is 8 / 3, and the error's deviation at most half of it.
      expect(Math.abs(total)).toBeLessThan(4 * (4 / 3) * Math.sqrt(rounds * 512));
    });
  });

  test.each([0, 1, 64, 1000, 9000])('compressBounded and restoreBounded %d numbers', (count) => {
    expectSame(`${count} bounded`, () => {
      const kept = compressBounded(tf.tensor(floats(count, count), [count, 1]), 0.03);
      const back = restoreBounded(kept);
      expect(back.shape).toEqual([count, 1]);
      return [kept.codes, back].flatMap(read);
    });
  });

  test.each([[[]], [[0, 3]], [[5]], [[3, 40]]])('roundTensor of %j', (shape) => {
    for (const format of [e4m3, { element: e4m3 }, { element: 'int8', block: 8 }] as const)
      expectSame(`${JSON.stringify([shape, format])}`, () => {
        const x = tf.tensor(
          floats(
            shape.reduce((a, b) => a * b, 1),
            3,
            { scale: 200 },
          ),
          shape,
        );
        const { tensor, overflowed, underflowed, largest, nonFinite } = roundTensor(x, { format, after: 0.5 });
        expect(tensor.shape).toEqual(shape);
        return [...read(tensor), overflowed, underflowed, largest, nonFinite];
      });
  });

  test('roundTensor at random is unbiased, within 4 standard errors, and goes to neighbors only', () => {
    tf.tidy(() => {
      const x = tf.tensor1d(floats(1000, 5).map((value, i) => value * 2 ** -(i % 12)));
      const values = x.dataSync();
      const sums = new Float64Array(values.length);
      const rounds = 100;
      const nearest = roundTensor(x, { format: e4m3 }).tensor.dataSync();
      let variance = 0;
      for (let round = 0; round < rounds; round++) {
        const given = roundTensor(x, { format: e4m3, key: random.key(round) }).tensor.dataSync();
        given.forEach((value, i) => {
          const size = Math.abs(values[i]!);
          const quantum = 2 ** (Math.max(Math.floor(Math.log2(size)), -6) - 3);
          expect(Math.abs(value - values[i]!)).toBeLessThan(quantum);
          sums[i]! += value - values[i]!;
          const p = size / quantum - Math.floor(size / quantum);
          variance += quantum ** 2 * p * (1 - p);
          if (p === 0) expect(value).toBe(nearest[i]);
        });
      }
      expect(Math.abs(sums.reduce((a, b) => a + b))).toBeLessThan(4 * Math.sqrt(variance));
      const again = roundTensor(x, { format: e4m3, key: random.key(3) }).tensor.dataSync();
      expect(again).toEqual(roundTensor(x, { format: e4m3, key: random.key(3) }).tensor.dataSync());
      expect(again).not.toEqual(nearest);
    });
  });

  test('wrong arguments are refused by name, and leave nothing', () => {
    const before = tf.memory().numTensors;
    const x = tf.tensor1d([1, NaN, 3]);
    expect(() => compressBounded(x, 0.1)).toThrow(/compressBounded: x has NaN at element 1/);
    expect(() => compressBounded(x, 0)).toThrow(/bound is 0, but must be a finite number at least 1e-30/);
    expect(() => compressBounded(tf.scalar(1, 'int32'), 1)).toThrow(/x is int32/);
    expect(() => restoreBounded(null as never)).toThrow(/compressed is null/);
    expect(() => restoreBounded({ codes: x, shape: [3], bound: 1 })).toThrow(/compressed.codes is float32/);
    const short = tf.tensor1d([1], 'int32');
    expect(() => restoreBounded({ codes: short, shape: [10000], bound: 1 })).toThrow(/has 1 words, which is too few for shape \[10000\]/);
    expect(() => compress(x, { key: random.key(1) })).toThrow(/compress: x has NaN at element 1/);
    const far = tf.tensor1d([-3e38, 3e38]);
    expect(() => compress(far, { key: random.key(1) })).toThrow(/compress: x has no finite range/);
    far.dispose();
    expect(() => compress(x, { key: random.key(1), groupSize: 96 })).toThrow(/groupSize \/ 64 is 1.5/);
    expect(() => compress(x, { key: random.key(1), bits: 1 as never })).toThrow(/bits is 1, but must be 2, 4 or 8/);
    expect(() => roundTensor(x, { format: { ...e4m3, mantissaBits: 30 } })).toThrow(/format is .* whose numbers are all float32/);
    expect(() => roundTensor(x, { format: { element: e4m3, block: 0 } })).toThrow(/format.block is 0/);
    expect(() => roundTensor(x, { format: 'float16' as never })).toThrow(/format is "float16"/);
    expect(() => roundTensor(x, { format: e4m3, after: NaN })).toThrow(/after is NaN/);
    expect(() => roundTensor(x, { format: { element: e4m3 }, key: random.key(1) })).toThrow(/key is given, but blocks are rounded/);
    expect(() => roundTensor(x, { format: e4m3, key: 1 as never })).toThrow(/key is 1/);
    tf.dispose([x, short]);
    expect(tf.memory().numTensors).toBeLessThanOrEqual(before + 1);
  });
});
