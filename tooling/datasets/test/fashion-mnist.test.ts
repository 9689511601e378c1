import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fashionMnistSources, loadFashionMnist } from '../src/index.ts';

test('the complete data set, by whichever way there is', { timeout: 180_000 }, async ({ skip }) => {
  const set = await loadFashionMnist().catch((error: Error) => skip(error.message));
  expect(set.train.images).toHaveLength(60_000 * 28 * 28);
  expect(set.test.images).toHaveLength(10_000 * 28 * 28);
  expect([set.train.count, set.test.count, set.height, set.width]).toEqual([60_000, 10_000, 28, 28]);
  expect(set.train.images.constructor).toBe(Uint8Array);
  // Every class is equally frequent, and the first image is an ankle boot.
  const counts = Array.from({ length: 10 }, () => 0);
  for (const label of set.train.labels) counts[label]!++;
  expect(counts).toEqual(Array.from({ length: 10 }, () => 6000));
  expect(set.classes[set.train.labels[0]!]).toBe('Ankle boot');
});

test('four ways, in the order from near to far', () => {
  expect(fashionMnistSources('/c').map(({ label, online }) => [label, online])).toEqual([
    ['the cache /c', false],
    ["the system's data sets /usr/share/datasets/fashion-mnist", false],
    ['Debian package dataset-fashion-mnist', true],
    ['http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/', true],
  ]);
});

test('offline and absent: one error that names all four ways and the remedy', async ({ skip }) => {
  const cacheDir = await mkdtemp(join(tmpdir(), 'fashion-mnist-'));
  try {
    const error = await loadFashionMnist({ cacheDir, offline: true }).then(
      () => skip("the data set is installed on this machine, so that it can't be absent"),
      (failure: Error) => failure.message,
    );
    expect(error).toMatch(
      /^Fashion-MNIST could not be loaded: no source has train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte\.\n/,
    );
    for (const { label } of fashionMnistSources(cacheDir)) expect(error).toContain(`. ${label}: `);
    expect(error).toContain('apt-get install dataset-fashion-mnist');
  } finally {
    await rm(cacheDir, { recursive: true });
  }
});
