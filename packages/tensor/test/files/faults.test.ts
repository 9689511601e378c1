import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { killDuringSave } from './kill-during-save.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faults-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Numbers from 0 to 1 that are the same each time. */
function* series(): Generator<number, never> {
  for (let i = 1; ; i++) yield (i * 0.618_033_988_7) % 1;
}

// `pnpm --filter @x/tensor reproduce:kills` does 200.
test.each([
  ['SIGKILL', 16],
  ['SIGINT', 4],
] as const)(
  'a process ended by %s while it saves leaves a whole checkpoint, and at most one temporary file, %i times in turn',
  async (signal, times) => {
    const path = join(folder, 'run.safetensors');
    const moments = series();
    let number = 0;
    for (let i = 0; i < times; i++) {
      const outcome = await killDuringSave(path, number + 1, moments.next().value * 60, signal);
      expect(outcome.number).toBeGreaterThan(number);
      expect(outcome.temporary).toBeLessThanOrEqual(1);
      ({ number } = outcome);
    }
  },
  60_000,
);

/** A file system of 1 MiB of our own, where the system lets us have one. */
const tiny = (program: string, where: string): ReturnType<typeof spawnSync> =>
  spawnSync(
    '/usr/bin/unshare',
    [
      '--user',
      '--map-root-user',
      '--mount',
      'sh',
      '-c',
      `mount -t tmpfs -o size=1m none "${where}" && exec "$0" --conditions=@x/source "${program}" "${where}"`,
      process.execPath,
    ],
    { encoding: 'utf8' },
  );
const canMount =
  process.platform === 'linux' &&
  existsSync('/usr/bin/unshare') &&
  spawnSync('/usr/bin/unshare', ['--user', '--map-root-user', '--mount', 'sh', '-c', 'mount -t tmpfs none /mnt']).status === 0;

describe.runIf(canMount)('on a disk of 1 MiB', () => {
  test('a save that finds it full is an error by name; the file before stays, nothing else does, and smaller saves work', () => {
    const { stdout, status } = tiny(fileURLToPath(new URL('programs/full-disk.ts', import.meta.url)), folder);
    expect(status).toBe(0);
    expect(JSON.parse(stdout as string)).toEqual({
      error: {
        name: 'FileWriteError',
        code: 'ENOSPC',
        message: expect.stringMatching(
          /no space is left there \(ENOSPC\); free some or choose another place\. What was there before is unchanged/,
        ),
      },
      after: { files: ['a.safetensors'], values: [1, 2, 3] },
      again: [4],
    });
  });
});
test.skipIf(canMount)('a full disk is not tried: this system lets no file system be mounted', () => {
  expect(canMount).toBe(false);
});

test('a limit on the size of files is an error by name, and nothing is left', async () => {
  const program = fileURLToPath(new URL('programs/full-disk.ts', import.meta.url));
  const { stdout, status } = spawnSync(
    'sh',
    ['-c', `ulimit -f 512; exec "$0" --conditions=@x/source "${program}" "${folder}"`, process.execPath],
    {
      encoding: 'utf8',
    },
  );
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    error: { name: 'FileWriteError', code: 'EFBIG' },
    after: { files: ['a.safetensors'], values: [1, 2, 3] },
    again: [4],
  });
  expect(await readdir(folder)).toEqual(['a.safetensors']);
});
