import { expect, test } from 'vitest';
import { debianSource } from '../src/debian-source.ts';

test('says so when there is no apt-get on the machine', async () => {
  const path = process.env['PATH'];
  process.env['PATH'] = '/nowhere';
  try {
    const delivery = debianSource('some-package', '/usr/share').deliver([], async () => {}, { onProgress: () => {}, signal: undefined });
    await expect(delivery).rejects.toThrow('there is no apt-get on this machine.');
  } finally {
    process.env['PATH'] = path;
  }
});
