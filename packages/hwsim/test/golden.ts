import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of saved outputs of other tools, found beside the repository; undefined where it isn't there. */
export const goldenFolder: string | undefined = (() => {
  for (let folder = import.meta.dirname; dirname(folder) !== folder; folder = dirname(folder)) {
    const candidate = join(folder, '..', 'shared', 'golden', 'hwsim');
    if (existsSync(candidate)) return candidate;
  }
  console.warn(
    'hwsim: no shared/golden/hwsim beside the repository; tests against the full reference outputs are skipped, the committed excerpts still run',
  );
  return undefined;
})();

export function goldenText(path: string): string {
  return readFileSync(join(goldenFolder!, path), 'utf8');
}

export function goldenJson<T>(path: string): T {
  return JSON.parse(goldenText(path)) as T;
}

/** A small committed excerpt of the reference outputs. */
export function excerptText(path: string): string {
  return readFileSync(join(import.meta.dirname, 'excerpts', path), 'utf8');
}

export function excerptJson<T>(path: string): T {
  return JSON.parse(excerptText(path)) as T;
}
