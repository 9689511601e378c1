// pnpm rename-scope @mine: publishes the packages under another npm scope.
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { renameScope } from './scope.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const [scope] = process.argv.slice(2);
if (scope === undefined) {
  console.error('Usage: pnpm rename-scope @mine');
  process.exitCode = 2;
} else {
  const changed = renameScope(root, scope);
  for (const path of changed) console.log(relative(root, path));
  console.log(`${changed.length} files now say ${scope}. Run pnpm install, then npm test.`);
}
