import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { startPythonPeer } from '../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'python-peer-'));

function program(name: string, text: string): URL {
  const path = join(folder, name);
  writeFileSync(path, text);
  return pathToFileURL(path);
}

test.skipIf(!existsSync('/usr/bin/python3'))('a peer does what it is asked, with its threads and without OpenBLAS settings', async () => {
  process.env['OPENBLAS_CORETYPE'] = 'Haswell';
  const told = join(folder, 'told');
  const peer = await startPythonPeer(
    program(
      'peer.py',
      `import os, sys
print("ready", flush=True)
for line in sys.stdin:
    with open(${JSON.stringify(told)}, "a") as out:
        print(line.strip(), sys.argv[1], os.environ["OMP_NUM_THREADS"], os.environ.get("OPENBLAS_CORETYPE"), file=out)
    print("done", flush=True)
`,
    ),
    3,
  );
  delete process.env['OPENBLAS_CORETYPE'];
  await peer?.ask('first');
  await peer?.ask('second');
  peer?.stop();
  expect(readFileSync(told, 'utf8')).toBe('first 3 3 None\nsecond 3 3 None\n');
});

test('a peer that does not come up is none, and one that ends says at which request', async () => {
  expect(await startPythonPeer(program('broken.py', 'raise SystemExit(1)\n'), 1)).toBeUndefined();
  if (!existsSync('/usr/bin/python3')) return;
  const peer = await startPythonPeer(program('ends.py', 'print("ready", flush=True)\ninput()\n'), 1);
  await expect(peer?.ask('step')).rejects.toThrow('step');
});
