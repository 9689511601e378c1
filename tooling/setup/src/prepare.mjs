import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { readProgress } from './install-progress.mjs';
import { pinnedPnpm } from './pnpm.mjs';
import { root } from './root.mjs';
import { statusLine } from './status-line.mjs';

/**
 * Installs what pnpm-lock.yaml says, unless it is installed already.
 *
 * @returns how to call pnpm
 */
export async function prepare() {
  const pnpm = pinnedPnpm();
  if (!isInstalled(root)) await install(pnpm);
  return pnpm;
}

/**
 * Whether the lock file that pnpm left of its last installation is the one we have.
 *
 * @param {string} directory
 */
export function isInstalled(directory) {
  const installed = join(directory, 'node_modules/.pnpm/lock.yaml');
  const wanted = join(directory, 'pnpm-lock.yaml');
  return (
    existsSync(join(directory, 'node_modules/.bin/node')) && existsSync(installed) && readFileSync(installed).equals(readFileSync(wanted))
  );
}

/** @param {ReturnType<typeof pinnedPnpm>} pnpm */
async function install(pnpm) {
  const status = statusLine('Installing the tool chain');
  const [command, args, options] = pnpm('install', '--frozen-lockfile', '--reporter=ndjson', '--config.confirmModulesPurge=false');
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' });
  const progress = readProgress();
  /** @type {string[]} */
  const printed = [];
  createInterface(child.stderr).on('line', (line) => printed.push(line));
  createInterface(child.stdout).on('line', (line) => {
    const text = progress.read(line);
    if (text !== undefined) status.update(text);
  });
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  status.end(code === 0 ? 'done' : 'failed');
  if (code === 0) return;
  const reasons = [...progress.errors, ...printed].join('\n') || `pnpm install ended with exit code ${code}.`;
  const remedy = reasons.includes('OUTDATED_LOCKFILE')
    ? `\nA package.json was changed: run ${[command, ...args.slice(0, args.indexOf('install') + 1)].join(' ')}, which brings pnpm-lock.yaml up to date.`
    : '';
  throw new Error(reasons + remedy);
}
