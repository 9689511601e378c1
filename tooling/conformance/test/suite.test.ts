import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

function conformance(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, ['--conditions=@x/source', main, ...args]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

it('runs a part of the suite on backend x and ends with its counts', async () => {
  const { code, stdout, stderr } = await conformance('--filter', '^(square|tanh) ');
  expect(stderr).toMatch(/tfjs-core's test suite on backend 'x', tier \w+, \d+ threads?, gradients of @x\/tensor/);
  expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^[1-9]\d* passed, 0 failed, 0 skipped$/);
  expect(code).toBe(0);
});

it("fails where a spec fails: tfjs's wasm backend has no Einsum", async () => {
  const { code, stdout } = await conformance('--backend', 'wasm', '--filter', '^einsum ');
  expect(stdout).toMatch(/^FAILED einsum /m);
  expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^\d+ passed, [1-9]\d* failed, 0 skipped$/);
  expect(code).toBe(1);
});

it('fails if no spec has the name', async () => {
  const { code, stdout } = await conformance('--backend', 'cpu', '--filter', '^no such operation$');
  expect(stdout).toMatch(/No spec ran/);
  expect(code).toBe(1);
});
