import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkStructure } from '../src/check.ts';
import { renameScope } from '../src/scope.ts';
import { sound, withTree, type Tree } from './fixture.ts';

const more: Tree = {
  'README.md': 'The scope is `@lab`, e.g. npm install @lab/tensor. Write to someone@lab/y or @laboratory/tensor, not @lab.',
  '.ci/run': 'pnpm --filter @lab/tensor test --conditions=@lab/source',
  'pnpm-lock.yaml': "'@lab-tooling/testing': link:../testing",
  'node_modules/a/README.md': '@lab/tensor',
  'picture.bin': '\0@lab/tensor',
};

test('renames packages, tooling, imports and docs, and only those; the structure holds as before', async () => {
  await withTree({ ...sound, ...more }, async (root) => {
    const read = (path: string): Promise<string> => readFile(join(root, path), 'utf8');
    const changed = renameScope(root, '@mine');
    expect(changed.length).toBeGreaterThan(8);
    expect(await read('README.md')).toBe(
      'The scope is `@mine`, e.g. npm install @mine/tensor. Write to someone@lab/y or @laboratory/tensor, not @mine.',
    );
    expect(await read('.ci/run')).toBe('pnpm --filter @mine/tensor test --conditions=@mine/source');
    expect(await read('pnpm-lock.yaml')).toBe("'@mine-tooling/testing': link:../testing");
    expect(await read('node_modules/a/README.md')).toBe('@lab/tensor');
    expect(await read('picture.bin')).toBe('\0@lab/tensor');
    expect(JSON.parse(await read('packages/sparse/package.json'))).toMatchObject({
      name: '@mine/sparse',
      dependencies: { '@mine/tensor': '*' },
    });
    expect(await read('apps/demo/src/main.ts')).not.toContain('@lab');
    expect(checkStructure(root)).toEqual([]);

    renameScope(root, '@lab');
    for (const [path, content] of Object.entries({ ...sound, ...more }))
      expect(await read(path)).toBe(typeof content === 'string' ? content : JSON.stringify(content));
  });
});

test('refuses what is no scope, and the present one, before changing anything', async () => {
  await withTree({ ...sound }, (root) => {
    for (const scope of ['mine', '@Mine', '@mine/tensor', '@', ''])
      expect(() => renameScope(root, scope)).toThrow('The scope must be like @mine');
    expect(() => renameScope(root, '@lab')).toThrow('The scope is @lab already.');
    expect(checkStructure(root)).toEqual([]);
  });
});
