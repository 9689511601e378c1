import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { loadMnist } from '../src/index.ts';

const directory = fileURLToPath(new URL('../../../../shared/data/mnist', import.meta.url));

test('the official files', async ({ skip }) => {
  if (!existsSync(directory)) skip('the MNIST files are not beside this repository');
  const { train, test: held } = await loadMnist({ directory });
  expect([train.count, held.count]).toEqual([60_000, 10_000]);
  expect([...train.labels.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
});

test('a directory without them', async () => {
  await expect(loadMnist({ directory: '/nowhere' })).rejects.toThrow(
    '1. the directory /nowhere: it has no train-images-idx3-ubyte, no train-labels',
  );
});
