import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { allclose } from '../src/index.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const reason = (actual: unknown, expected: unknown, options = {}): string => {
  const result = allclose(actual, expected, options);
  if (result.close) throw new Error('expected the two to differ');
  return result.reason;
};

describe('values', () => {
  test('anything is close to itself', () => {
    fc.assert(
      fc.property(fc.float32Array(), (values) => {
        expect(allclose(values, values.slice(), { rtol: 0, atol: 0, equalNaN: true }).close).toBe(true);
      }),
    );
  });

  test('the tolerance is atol + rtol * |expected|, and just beyond it is not close', () => {
    expect(allclose([10.0009], [10], { rtol: 1e-4, atol: 0 }).close).toBe(true);
    expect(allclose([10.0011], [10], { rtol: 1e-4, atol: 0 }).close).toBe(false);
    expect(allclose([10.0011], [10], { rtol: 1e-4, atol: 2e-4 }).close).toBe(true);
    expect(allclose([1e-9], [0]).close).toBe(true);
    expect(allclose([1e-7], [0]).close).toBe(false);
  });

  test('one changed element is found wherever it is', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1 }), fc.nat(), (values, seed) => {
        const at = seed % values.length;
        const changed = values.with(at, values[at]! + 1);
        expect(reason(changed, values)).toContain(
          `first differing index [${at}]: actual ${changed[at]}, expected ${values[at]}, difference 1 `,
        );
      }),
    );
  });

  test('NaN differs from NaN unless equalNaN, and always from a number', () => {
    expect(allclose([NaN], [NaN]).close).toBe(false);
    expect(allclose([NaN], [NaN], { equalNaN: true }).close).toBe(true);
    expect(allclose([NaN], [0], { equalNaN: true, atol: Infinity }).close).toBe(false);
    expect(allclose([0], [NaN], { equalNaN: true, atol: Infinity }).close).toBe(false);
  });

  test('infinities equal only themselves, whatever the tolerance', () => {
    expect(allclose([Infinity, -Infinity], [Infinity, -Infinity]).close).toBe(true);
    expect(allclose([-Infinity], [Infinity]).close).toBe(false);
    expect(allclose([1e38], [Infinity]).close).toBe(false);
    expect(allclose([Infinity], [1e38]).close).toBe(false);
  });

  test('booleans and 64-bit integers are numbers', () => {
    expect(allclose([true, false], [1, 0]).close).toBe(true);
    expect(allclose(new BigInt64Array([3n]), [3]).close).toBe(true);
  });
});

describe('shapes', () => {
  test('nested arrays and tensors must have the same shape', () => {
    expect(reason([[1, 2]], [1, 2])).toBe('shapes differ: actual [1,2], expected [2]');
    expect(reason(tf.zeros([2, 3]), tf.zeros([3, 2]))).toBe('shapes differ: actual [2,3], expected [3,2]');
    expect(reason(1, [1])).toBe('shapes differ: actual [], expected [1]');
    expect(allclose([], []).close).toBe(true);
  });

  test('a typed array matches any shape of its size, and no other size', () => {
    expect(
      allclose(
        tf.tensor2d([
          [1, 2],
          [3, 4],
        ]),
        new Float32Array([1, 2, 3, 4]),
      ).close,
    ).toBe(true);
    expect(reason(tf.zeros([2, 2]), new Float32Array(3))).toBe('shapes differ: actual [2,2], expected [3]');
  });

  test('the index is given in the coordinates of the shape', () => {
    const expected = [
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
      [
        [0, 0, 0],
        [0, 5, 0],
      ],
    ];
    expect(reason(tf.zeros([2, 2, 3]), expected)).toBe(
      'first differing index [1,1,1]: actual 0, expected 5, difference 5 > 0.00005001 (rtol 0.00001, atol 1e-8); 1 of 12 elements differ, the largest difference is 5',
    );
  });
});

describe('refusals', () => {
  test.for([
    [[[1], [1, 2]], 'actual is ragged: actual[0] has shape [1] and actual[1] has shape [2].'],
    ['one', 'actual must be a number, nested arrays of numbers, a typed array or a tensor, not string one.'],
    [[1, null], 'actual[1] must be a number, nested arrays of numbers, a typed array or a tensor, not null.'],
    [{}, 'actual must be a number, nested arrays of numbers, a typed array or a tensor, not Object.'],
  ] as const)('%j', ([value, message]) => {
    expect(() => allclose(value, [1])).toThrow(new TypeError(message));
  });

  test('a string tensor', () => {
    expect(() => allclose(tf.tensor1d(['a']), ['a'])).toThrow('actual is a string tensor');
  });

  test('a tolerance that is no allowed difference', () => {
    expect(() => allclose([1], [1], { rtol: -1 })).toThrow(
      new RangeError('rtol must be a number >= 0, not -1: it is an allowed difference.'),
    );
    expect(() => allclose([1], [1], { atol: NaN })).toThrow(RangeError);
  });
});
