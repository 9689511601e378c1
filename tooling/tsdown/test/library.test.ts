import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsdown';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { library } from '../src/index.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'library-'));
  await mkdir(join(directory, 'src/generated'), { recursive: true });
  const write = (name: string, text: string): Promise<void> => writeFile(join(directory, name), text);
  await write('package.json', JSON.stringify({ name: 'lib', type: 'module', dependencies: { declared: '*' }, exports: './dist/index.js' }));
  await write(
    'tsconfig.json',
    JSON.stringify({
      compilerOptions: { isolatedDeclarations: true, declaration: true, module: 'nodenext', allowImportingTsExtensions: true },
    }),
  );
  await write('src/index.ts', "export { area } from './area.ts';\nexport { load } from './load.ts';\n");
  await write(
    'src/area.ts',
    "import { pi } from 'declared';\n/** Of a circle. */\nexport function area(radius: number): number {\n  return pi * radius ** 2;\n}\n",
  );
  await write(
    'src/load.ts',
    "export async function load(): Promise<string> {\n  return (await import('./generated/kernel-wide.js')).bytes;\n}\n",
  );
  await write('src/generated/kernel-wide.js', "export const bytes = 'AGFzbQ==';\n");
  await write('src/generated/kernel-wide.d.ts', 'export declare const bytes: string;\n');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const run = (): Promise<unknown> => build({ ...library(), config: false, cwd: directory });
const read = (name: string): Promise<string> => readFile(join(directory, 'dist', name), 'utf8');

test('one file an entry, dynamic imports apart under their own names, declarations with their comments', async () => {
  await run();
  expect((await readdir(join(directory, 'dist'))).filter((name) => !name.endsWith('.map')).toSorted()).toEqual([
    'index.d.ts',
    'index.js',
    'kernel-wide.js',
  ]);
  const index = await read('index.js');
  expect(index).toMatch(/from ?["'`]declared["'`]/);
  expect(index).toMatch(/import\(["'`]\.\/kernel-wide\.js["'`]\)/);
  expect(index).not.toContain('AGFzbQ==');
  expect(await read('index.d.ts')).toMatch(/\/\*\* Of a circle\. \*\/\ndeclare function area\(radius: number\): number;/);
});

test('refuses to bundle a package that is not declared', async () => {
  await mkdir(join(directory, 'node_modules'));
  await symlink(fileURLToPath(new URL('../node_modules/typescript', import.meta.url)), join(directory, 'node_modules/undeclared'));
  await writeFile(join(directory, 'src/area.ts'), "import { version } from 'undeclared';\nexport const area: string = version;\n");
  await expect(run()).rejects.toThrow(/is not included in [^]*onlyBundle/);
});

test('an evaluated module is run once, and its values are what is shipped', async () => {
  await writeFile(
    join(directory, 'src/text.ts'),
    'function twice(x: number): number {\n  return 2 * x;\n}\nexport const text: string = twice.toString();\n',
  );
  await writeFile(join(directory, 'src/index.ts'), "export { text } from './text.ts';\n");
  await build({ ...library({ evaluated: [join(directory, 'src/text.ts')] }), config: false, cwd: directory });
  const { text } = (await import(join(directory, 'dist/index.js'))) as { text: string };
  // Whoever ran the module erased its types, with or without leaving blanks.
  expect(text).toMatch(/^function twice\(x\s*\)\s*\{\s+return 2 \* x;\s+\}$/);
  expect(await read('index.js')).not.toContain('toString');
});
