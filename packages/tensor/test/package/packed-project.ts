import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The package, whose `dist/` must have been built. */
export const root: string = resolve(import.meta.dirname, '../..');

export interface PackedProject {
  readonly directory: string;
  /** What a command prints that runs in the project. */
  run(command: string, ...args: string[]): string;
  remove(): void;
}

/** What a user has: an empty project into which the tarball was installed, with the peer it asks for. */
export function packedProject(): PackedProject {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'x-tensor-packed-')));
  // Without what pnpm tells its scripts' npm, and not for ever: no request leaves the machine.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^p?npm_|^NODE_PATH$/i.test(name)));
  const run = (command: string, ...args: string[]): string =>
    execFileSync(command, args, { cwd: directory, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env, timeout: 60_000 });
  run('npm', 'pack', '--silent', '--pack-destination', directory, root);
  const tarball = readdirSync(directory).find((name) => name.endsWith('.tgz'));
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
  run('npm', 'install', '--silent', '--offline', '--legacy-peer-deps', '--no-audit', '--no-fund', `./${tarball}`);
  // The peer is the user's own: here the workspace's.
  mkdirSync(join(directory, 'node_modules/@tensorflow'), { recursive: true });
  symlinkSync(realpathSync(join(root, 'node_modules/@tensorflow/tfjs-core')), join(directory, 'node_modules/@tensorflow/tfjs-core'));
  return { directory, run, remove: () => rmSync(directory, { recursive: true, force: true }) };
}
