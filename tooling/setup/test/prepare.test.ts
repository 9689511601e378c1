import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isInstalled } from '../src/prepare.mjs';

test('installed is what the lock file says, and nothing less', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'prepare-'));
  try {
    await writeFile(join(directory, 'pnpm-lock.yaml'), 'lockfileVersion: 9\n');
    expect(isInstalled(directory)).toBe(false);
    await mkdir(join(directory, 'node_modules/.pnpm'), { recursive: true });
    await mkdir(join(directory, 'node_modules/.bin'));
    await writeFile(join(directory, 'node_modules/.bin/node'), '');
    await writeFile(join(directory, 'node_modules/.pnpm/lock.yaml'), 'lockfileVersion: 9\n');
    expect(isInstalled(directory)).toBe(true);
    await writeFile(join(directory, 'pnpm-lock.yaml'), 'lockfileVersion: 9\nsettings: {}\n');
    expect(isInstalled(directory)).toBe(false);
  } finally {
    await rm(directory, { recursive: true });
  }
});
