import { expect, test } from 'vitest';
import { packageOf, readImports } from '../src/imports.ts';

test('finds every way to name a module, with its line, and nothing in comments or strings', () => {
  const text = [
    "import a, { b } from './a.ts';",
    "import type { C } from 'c';",
    "import 'side/effect';",
    "export { d } from '@lab/d';",
    "export * from './e.ts';",
    'const f = await import(`./f.ts`);',
    'const g = await import(`./${f}.ts`);',
    "// import h from 'h';",
    'const i = "import i from \'i\'";',
    'export const j = 1;',
  ].join('\n');
  expect(readImports('x.ts', text)).toEqual([
    { specifier: './a.ts', line: 1 },
    { specifier: 'c', line: 2 },
    { specifier: 'side/effect', line: 3 },
    { specifier: '@lab/d', line: 4 },
    { specifier: './e.ts', line: 5 },
    { specifier: './f.ts', line: 6 },
  ]);
});

test('the package of a specifier', () => {
  expect(['a', 'a/b/c', '@lab/a', '@lab/a/b'].map(packageOf)).toEqual(['a', 'a', '@lab/a', '@lab/a']);
});
