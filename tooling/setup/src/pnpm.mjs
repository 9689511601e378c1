import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { root } from './root.mjs';

/** @typedef {[command: string, args: string[], options: { cwd: string, env: NodeJS.ProcessEnv }]} Call */

/**
 * How to call the pnpm that package.json pins: the one that called us, if it is of this version, or else by npx, which fetches it once.
 *
 * @param {NodeJS.ProcessEnv} [environment]
 * @returns {(...args: string[]) => Call}
 */
export function pinnedPnpm(environment = process.env) {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const version = /^pnpm@(\d+\.\d+\.\d+)/.exec(packageManager ?? '')?.[1];
  if (!version) throw new Error(`"packageManager" of package.json must be pnpm@ and a version, not ${JSON.stringify(packageManager)}.`);
  // Below npm, each program would warn once more about every setting in the user's .npmrc that it doesn't know.
  const env = { ...environment, npm_config_loglevel: 'error', npm_config_update_notifier: 'false', npm_config_progress: 'false' };
  const calledBy = environment['npm_config_user_agent'] ?? '';
  const options = { cwd: root, env };
  if (calledBy.startsWith(`pnpm/${version} `)) return (...args) => ['pnpm', args, options];
  return (...args) => ['npx', ['--yes', `pnpm@${version}`, ...args], options];
}
