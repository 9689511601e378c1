import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const untouched = /^(\.git|node_modules|dist|out|generated|\.turbo|\.cache)$/;

/**
 * Replaces the npm scope of all packages, and of the private tooling beside them, in every text file under `root`.
 *
 * @param scope the new one, such as `@mine`; the present one is read from `packages/tensor/package.json`.
 * @returns the changed files.
 * @throws Error when it isn't a scope that npm allows, before anything is changed.
 */
export function renameScope(root: string, scope: string): string[] {
  if (!/^@[a-z0-9][a-z0-9._-]*$/.test(scope))
    throw new Error(`The scope must be like @mine (lower case, no slash), not ${JSON.stringify(scope)}.`);
  const { name } = JSON.parse(readFileSync(join(root, 'packages/tensor/package.json'), 'utf8')) as { name: string };
  const present = name.split('/')[0]!;
  if (scope === present) throw new Error(`The scope is ${scope} already.`);
  const pattern = new RegExp(`(?<![\\w@/.-])${present.replaceAll('.', '\\.')}(?=/|-tooling\\b|\\.?(?![\\w.-]))`, 'g');
  return filesUnder(root).filter((path) => {
    const before = readFileSync(path);
    if (before.includes(0)) return false;
    const text = before.toString('utf8');
    const after = text.replaceAll(pattern, scope);
    if (after === text) return false;
    writeFileSync(path, after);
    return true;
  });
}

function filesUnder(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return untouched.test(entry.name) ? [] : filesUnder(path);
    return entry.isFile() ? [path] : [];
  });
}
