import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { expect, test } from 'vitest';

test('toBeAllclose passes on close values and fails on others, with the reason', () => {
  expect([1, 2.000001]).toBeAllclose([1, 2]);
  expect([1, 3]).not.toBeAllclose([1, 2]);
  expect(() => expect([1, 3]).toBeAllclose([1, 2])).toThrow('first differing index [1]: actual 3, expected 2');
  expect(() => expect([1, 2]).not.toBeAllclose([1, 2])).toThrow('expected at least one element to differ');
});

test('toBeAllclose hands its options on', () => {
  expect([1.1]).toBeAllclose([1], { atol: 0.2 });
  expect([NaN]).toBeAllclose([NaN], { equalNaN: true });
  expect(() => expect([1.1]).toBeAllclose([1], { atol: 0.01 })).toThrow('(rtol 0.00001, atol 0.01)');
});

test('toHaveShape', () => {
  expect(tf.zeros([2, 3])).toHaveShape([2, 3]);
  expect([[1], [2]]).toHaveShape([2, 1]);
  expect(tf.scalar(1)).toHaveShape([]);
  expect(() => expect(tf.zeros([2, 3])).toHaveShape([3, 2])).toThrow('expected shape [3,2], got [2,3]');
  expect(() => expect(tf.zeros([2, 3])).not.toHaveShape([2, 3])).toThrow('expected shape [2,3], got [2,3]');
});
