import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Downloads a package of npm into a folder and unpacks it; nothing of it is installed or run.
 *
 * @param hash SHA-256 of the tarball, in hexadecimal digits.
 * @returns The folder of its files.
 * @throws {Error} if the tarball is another one.
 */
export function npmPackage(name: string, hash: string, folder: string): string {
  const place = mkdtempSync(join(folder, 'package-'));
  const [file] = execFileSync('npm', ['pack', '--silent', name], { cwd: place, encoding: 'utf8' }).trim().split('\n').slice(-1);
  const tarball = join(place, file as string);
  const found = createHash('sha256').update(readFileSync(tarball)).digest('hex');
  if (found !== hash) throw new Error(`${name}: the SHA-256 of what npm gave is ${found}, but should be ${hash}.`);
  execFileSync('tar', ['xzf', tarball, '-C', place]);
  const unpacked = join(folder, name.replaceAll(/[@/]/g, '-'));
  mkdirSync(folder, { recursive: true });
  renameSync(join(place, 'package'), unpacked);
  return unpacked;
}
