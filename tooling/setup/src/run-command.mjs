import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import process from 'node:process';

/**
 * Runs a program in our place: it has our terminal, our signals reach it, and its end is ours.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<number>} its exit code, or 128 and the signal's number as a shell has it
 */
export async function runCommand(command, args, options = {}) {
  const child = spawn(command, args, { ...options, stdio: 'inherit', shell: process.platform === 'win32' });
  // A terminal sends Ctrl-C to the whole group: we wait for the child to end in its own way. A signal sent to us alone is handed on.
  const ignore = () => {};
  /** @param {NodeJS.Signals} signal */
  const hand = (signal) => child.kill(signal);
  process.on('SIGINT', ignore).on('SIGTERM', hand).on('SIGHUP', hand);
  try {
    return await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[/** @type {NodeJS.Signals} */ (signal)]));
    });
  } finally {
    process.off('SIGINT', ignore).off('SIGTERM', hand).off('SIGHUP', hand);
  }
}
