import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runCommand } from '../src/run-command.mjs';

const node = (code: string): Promise<number> => runCommand(process.execPath, ['-e', code]);

test('gives the exit code, and for a signal what a shell gives', async () => {
  expect(await node('')).toBe(0);
  expect(await node('process.exit(7)')).toBe(7);
  expect(await node('process.kill(process.pid, "SIGTERM")')).toBe(128 + 15);
  await expect(runCommand('no-such-program', [])).rejects.toThrow('ENOENT');
});

test.for(['SIGTERM', 'SIGHUP'] as const)('hands %s on, and ends as the program ends', async (signal) => {
  const module = fileURLToPath(new URL('../src/run-command.mjs', import.meta.url));
  const child = `process.on('${signal}', () => process.exit(42)); setInterval(() => {}, 1000); console.log('ready');`;
  const parent = spawn(process.execPath, [
    '--input-type=module',
    '-e',
    `import { runCommand } from '${module}'; process.exit(await runCommand(process.execPath, ['-e', ${JSON.stringify(child)}]));`,
  ]);
  parent.stdout.once('data', () => parent.kill(signal));
  expect(await new Promise((resolve) => parent.on('exit', resolve))).toBe(42);
});

test('Ctrl-C, which reaches the whole group, lets the program end in its own way', async () => {
  const module = fileURLToPath(new URL('../src/run-command.mjs', import.meta.url));
  const child = "process.on('SIGINT', () => setTimeout(() => process.exit(43), 50)); setInterval(() => {}, 1000); console.log('ready');";
  const parent = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { runCommand } from '${module}'; process.exit(await runCommand(process.execPath, ['-e', ${JSON.stringify(child)}]));`,
    ],
    {
      detached: true,
    },
  );
  parent.stdout.once('data', () => process.kill(-parent.pid!, 'SIGINT'));
  expect(await new Promise((resolve) => parent.on('exit', resolve))).toBe(43);
});
