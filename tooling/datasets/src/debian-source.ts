import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { directorySource } from './directory-source.ts';
import type { Source } from './source.ts';

/**
 * A Debian package that holds the files: downloaded by `apt-get download` and unpacked by `dpkg-deb -x` in a temporary
 * directory, so that nothing is installed and no file of the system is touched. When the system's package lists don't
 * know the package, private lists are fetched and used instead.
 *
 * @param directory where the files lie inside the package.
 */
export function debianSource(packageName: string, directory: string): Source {
  const label = `Debian package ${packageName}`;
  return {
    label,
    online: true,
    async deliver(files, accept, context) {
      const folder = await mkdtemp(join(tmpdir(), 'debian-'));
      const apt = (...args: string[]): Promise<void> =>
        run('apt-get', ['-o', 'APT::Sandbox::User=root', '-o', 'APT::Status-Fd=3', ...args], folder, context.signal, (fraction) =>
          context.onProgress({ source: label, item: args.includes('update') ? 'package lists' : packageName, fraction }),
        );
      try {
        try {
          await apt('download', packageName);
        } catch (error) {
          if (error instanceof CommandMissing || context.signal?.aborted) throw error;
          const lists = join(folder, 'lists');
          const cache = join(folder, 'cache');
          await mkdir(join(lists, 'partial'), { recursive: true });
          await mkdir(join(cache, 'archives', 'partial'), { recursive: true });
          const privately = ['-o', `Dir::State::Lists=${lists}`, '-o', `Dir::Cache=${cache}`];
          await apt(...privately, 'update');
          await apt(...privately, 'download', packageName);
        }
        const archive = (await readdir(folder)).find((name) => name.endsWith('.deb'));
        if (!archive) throw new Error('apt-get download ended well, but left no .deb file.');
        await run('dpkg-deb', ['-x', archive, 'unpacked'], folder, context.signal);
        await directorySource(label, join(folder, 'unpacked', directory)).deliver(files, accept, context);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

class CommandMissing extends Error {}

async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  signal: AbortSignal | undefined,
  onFraction?: (fraction: number) => void,
): Promise<void> {
  const child = spawn(command, args, { cwd, signal, stdio: ['ignore', 'ignore', 'pipe', 'pipe'], env: { ...process.env, LC_ALL: 'C' } });
  const exit = new Promise<number | null>((resolve, reject) => {
    child.on('close', resolve).on('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'ENOENT' ? new CommandMissing(`there is no ${command} on this machine.`) : error);
    });
  });
  const status = createInterface(child.stdio[3] as Readable).on('line', (line) => {
    const percent = /^(?:dl|pm)status:[^:]*:([\d.]+):/.exec(line)?.[1];
    if (percent !== undefined) onFraction?.(Number(percent) / 100);
  });
  const [code, errors] = await Promise.all([exit, text(child.stderr as Readable)]);
  status.close();
  if (code !== 0)
    throw new Error(
      `${command} ${args.at(-2)} ${args.at(-1)} ended with exit code ${code}: ${errors.trim().split('\n').join(' ') || 'no message'}`,
    );
}
