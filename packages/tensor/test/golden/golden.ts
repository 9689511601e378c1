import { readFileSync } from 'node:fs';

/** The contents of a golden file; `make.py` says how it came to be. */
export function golden<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), 'utf8')) as T;
}
