import { expect, it } from 'vitest';
import { byteSize, count, percent, threeFigures, whole } from '../src/format.ts';

it('writes numbers as people read them', () => {
  expect([whole(59_999.6), percent(0.89126), count(1, 'core'), count(2, 'core')]).toEqual(['60,000', '89.13 %', '1 core', '2 cores']);
  expect([1304.96, 25.78, 1, 0.1234].map(threeFigures)).toEqual(['1,305', '25.8', '1.00', '0.123']);
  expect([7_455_312, 15_900, 8].map(byteSize)).toEqual(['7.46 MB', '15.9 kB', '8 B']);
});
