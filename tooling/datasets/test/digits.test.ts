import { expect, test } from 'vitest';
import { loadDigits } from '../src/index.ts';

test('digits have 64 values from 0 to 16 and as many of each class as published', async ({ skip }) => {
  const digits = await loadDigits({ offline: true }).catch(() => undefined);
  if (!digits) return skip('digits.csv is neither in the cache nor part of an installed scikit-learn');
  const { images, labels } = digits;
  expect(images).toHaveLength(1797 * 64);
  expect(Math.max(...images)).toBe(16);
  expect(Array.from({ length: 10 }, (_, digit) => labels.filter((label) => label === digit).length)).toEqual([
    178, 182, 177, 183, 181, 182, 181, 179, 174, 180,
  ]);
});

test('without any way to them, every way is told', async () => {
  await expect(loadDigits({ offline: true, cacheDir: '/nowhere' })).rejects.toThrow(/digits\.csv.*\n.*the cache/s);
});
