import { expect, test } from 'vitest';
import { matchesExpected } from '../src/expected.ts';

test.for([
  ['[ 1, 2, 3 ]', '[1, 2, 3]', true],
  ['[ 1, 2, 3 ]', '[1, 2]', false],
  ["{ shape: [ 2, 3 ], dtype: 'float32' }", '{ shape: [2, 3], dtype: "float32" }', true],
  ['0.6931471805599453', '0.69', true],
  ['0.6931471805599453', '0.693147', true],
  ['0.6931471805599453', '0.70', false],
  ['0.6931471805599453', '0.692', false],
  ['3.0001', '3', false],
  ['3', '3', true],
  ['-1.5e-7', '-1.5e-7', true],
  ['-1.54e-7', '-1.5e-7', true],
  ['-1.56e-7', '-1.5e-7', false],
  ['NaN', 'NaN', true],
  ['NaN', '1.0', false],
  ['loss 0.1234 after 10 steps', 'loss 0.12 after 10 steps', true],
  ['loss 0.1234 after 11 steps', 'loss 0.12 after 10 steps', false],
  ['wide, 2 threads', '..., 2 threads', true],
  ['wide, 1 threads', '..., 2 threads', false],
  ['a.b', 'axb', false],
] as const)('%s is %s: %s', ([actual, expected, matches]) => {
  expect(matchesExpected(actual, expected)).toBe(matches);
});
