import { expect, test } from 'vitest';
import { duration, significant } from '../src/format.ts';

test.for([
  [12.3456, '12.3 s'],
  [0.00999, '9.99 ms'],
  [2.5e-6, '2.50 us'],
  [4e-9, '4.00 ns'],
  [0.1234, '123 ms'],
] as const)('%d seconds is %s', ([seconds, text]) => {
  expect(duration(seconds)).toBe(text);
});

test('three digits, and whole numbers above a hundred', () => {
  expect([0.12345, 1.2345, 12.345, 123.45, 12345].map(significant)).toEqual(['0.123', '1.23', '12.3', '123', '12345']);
});
