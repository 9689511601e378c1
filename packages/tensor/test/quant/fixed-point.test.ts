import { expect, test } from 'vitest';
import { doubleRounding, quantizeMultiplier, singleRounding } from '../../src/kernels/reference/quant/fixed-point.ts';

const MIN = -(2 ** 31);
const MAX = 2 ** 31 - 1;

test('multipliers of TensorFlow Lite’s quantization_util_test', () => {
  for (const [real, multiplier, shift] of [
    [0.25, 1073741824, -1],
    [0.5 - 5e-9, 2147483627, -1],
    [0.5 - 1e-10, 1073741824, 0],
    [0.5, 1073741824, 0],
    [0.75, 1610612736, 0],
    [1 - 1e-9, 2147483646, 0],
    [1 + 1e-11, 1073741824, 1],
    [1.25, 1342177280, 1],
    [1.5, 1610612736, 1],
    [1.75, 1879048192, 1],
    [2 - 1e-9, 2147483647, 1],
    [2 - 1e-11, 1073741824, 2],
    [2, 1073741824, 2],
    [2 ** -31, 1073741824, -30],
    [2 ** -32, 1073741824, -31],
    [0.99 * 2 ** -32, 0, 0],
    [2 ** -33, 0, 0],
    [0, 0, 0],
  ] as const)
    expect(quantizeMultiplier(real), String(real)).toEqual({ multiplier, shift });
  expect(quantizeMultiplier(2 ** 40, true)).toEqual({ multiplier: MAX, shift: 30 });
});

test('both roundings of sums', () => {
  const numbers = Array.from({ length: 13 }, (_, i) => i - 6);
  const quarter = quantizeMultiplier(0.25);
  expect(numbers.map((x) => doubleRounding(x, quarter) + 0)).toEqual([-2, -1, -1, -1, -1, 0, 0, 1, 1, 1, 1, 2, 2]);
  expect(numbers.map((x) => singleRounding(x, quarter) + 0)).toEqual([-1, -1, -1, -1, 0, 0, 0, 0, 1, 1, 1, 1, 2]);
  const fixed = quantizeMultiplier(0.017441073557);
  expect(fixed).toEqual({ multiplier: 1198541449, shift: -5 });
  expect([doubleRounding(-4730, fixed), singleRounding(-4730, fixed)]).toEqual([-83, -82]);
  const [small, large] = [quantizeMultiplier(0.00097656), quantizeMultiplier(1e-5)];
  expect([doubleRounding(10000, small), doubleRounding(-10000, small)]).toEqual([10, -10]);
  expect([doubleRounding(MIN, large), doubleRounding(MAX, large)]).toEqual([-21475, 21475]);
});
