import { expect, test } from 'vitest';
import { checkStructure } from '../src/check.ts';
import { hidden, library, sound, withTree, type Tree } from './fixture.ts';

const findings = (changes: Tree, { without = [] as string[] } = {}): Promise<string[]> =>
  withTree(Object.fromEntries(Object.entries({ ...sound, ...changes }).filter(([path]) => !without.includes(path))), (root) =>
    checkStructure(root).map(({ where, message }) => `${where} ${message}`),
  );

test('a sound monorepo has no findings', async () => {
  expect(await findings({})).toEqual([]);
});

test.for<[string, Tree, string[]]>([
  [
    'no description',
    { 'tooling/testing/package.json': hidden('@lab-tooling/testing', { description: '' }) },
    ['tooling/testing/package.json has no "description": say in one line what it is'],
  ],
  [
    'another licence',
    { 'tooling/testing/package.json': hidden('@lab-tooling/testing', { license: 'MIT' }) },
    ['tooling/testing/package.json has the "license" "MIT"; this project is "Apache-2.0"'],
  ],
  [
    'CommonJS',
    {
      'apps/demo/package.json': hidden('@lab/demo', {
        type: 'commonjs',
        dependencies: { '@lab/tensor': '*', '@lab/sparse': '*', '@lab-tooling/datasets': '*' },
      }),
    },
    ['apps/demo/package.json has no "type": "module"'],
  ],
  [
    'public tooling',
    { 'tooling/testing/package.json': hidden('@lab-tooling/testing', { private: false }) },
    ['tooling/testing/package.json is not "private": true, and would be published'],
  ],
  [
    'a library without exports',
    {
      'packages/moe/package.json': library('@lab/moe', { exports: undefined }),
      'packages/moe/README.md': '#',
      'packages/moe/test/a.test.ts': '',
    },
    ['packages/moe/package.json has no "exports": name what a user may import'],
  ],
  [
    'a missing script',
    {
      'packages/moe/package.json': library('@lab/moe', { scripts: { build: 'b', test: 't', lint: 'l', docs: 'd' } }),
      'packages/moe/README.md': '#',
      'packages/moe/test/a.test.ts': '',
    },
    ['packages/moe/package.json has no script "types"; every package has build, test, types, lint, docs'],
  ],
  [
    'benches without a bench script',
    { 'packages/sparse/bench/spmm.ts': '' },
    ['packages/sparse/package.json has no script "bench"; every package has build, test, types, lint, docs, bench'],
  ],
  [
    'a script of another name',
    { 'tooling/testing/package.json': hidden('@lab-tooling/testing', { scripts: { typecheck: 'tsc' } }) },
    ['tooling/testing/package.json has a script "typecheck", which is called "types" in every package'],
  ],
  [
    'an app with exports',
    { 'apps/other/package.json': hidden('@lab/other', { exports: './a.js' }) },
    ['apps/other/package.json is an app and has "exports" or "main": code that others use belongs in packages/'],
  ],
  [
    'an index that exports everything',
    { 'packages/sparse/src/index.ts': "export * as topology from './set.ts';\nexport * from './rigl.ts';\n" },
    ['packages/sparse/src/index.ts re-exports everything of a module: an index names what it exports'],
  ],
  [
    'an index with code',
    { 'packages/sparse/src/index.ts': 'export const a = 1;\n' },
    ['packages/sparse/src/index.ts holds code of its own (ExportNamedDeclaration): an index only re-exports, by name'],
  ],
  [
    'a long file',
    { 'packages/sparse/src/set.ts': '\n'.repeat(401) },
    ['packages/sparse/src/set.ts has 401 lines, more than 400: these are two concepts'],
  ],
  [
    'a vague file',
    { 'packages/sparse/src/graph-utils.ts': '' },
    [
      'packages/sparse/src/graph-utils.ts is called "utils", which says nothing about what is inside: name it by the field\'s term for its one concept',
    ],
  ],
  [
    'a vague folder',
    { 'apps/demo/src/common/plot.ts': '' },
    [
      'apps/demo/src/common/plot.ts is called "common", which says nothing about what is inside: name it by the field\'s term for its one concept',
    ],
  ],
  [
    'an undeclared import',
    { 'apps/demo/src/plot.ts': "export { plot } from 'plot/lib';\n" },
    ['apps/demo/src/plot.ts:1 imports plot/lib: it is not declared in package.json'],
  ],
  [
    'an undeclared dynamic import',
    { 'apps/demo/src/plot.ts': "\nawait import('@plot/core/lib');\n" },
    ['apps/demo/src/plot.ts:2 imports @plot/core/lib: it is not declared in package.json'],
  ],
  [
    'an undeclared type',
    { 'apps/demo/src/plot.ts': "import type { Plot } from 'plot';\n" },
    ['apps/demo/src/plot.ts:1 imports plot: it is not declared in package.json'],
  ],
  [
    'a devDependency that is part of the built library',
    {
      'packages/sparse/package.json': library('@lab/sparse', {
        dependencies: { '@lab/tensor': '*' },
        devDependencies: { vitest: '*' },
        x: { bundles: ['vitest'] },
      }),
      'packages/sparse/src/set.ts': "import { test } from 'vitest';\n",
    },
    [],
  ],
  [
    'a devDependency in a library',
    { 'packages/sparse/src/set.ts': "import { test } from 'vitest';\n" },
    [
      'packages/sparse/src/set.ts:1 imports vitest: it is only a devDependency, and would be missing for users; declare it as a dependency or peer',
    ],
  ],
  [
    'tooling in a library',
    { 'packages/tensor/src/set.ts': "import { allclose } from '@lab-tooling/testing';\n" },
    ['packages/tensor/src/set.ts:1 imports @lab-tooling/testing: tooling is private and would be missing for users'],
  ],
  [
    'a path out of the package',
    { 'packages/sparse/test/a.test.ts': "import { add } from '../../tensor/src/add.ts';\n" },
    [
      'packages/sparse/test/a.test.ts:1 imports ../../tensor/src/add.ts: a relative path out of the package; import the other package by its name',
    ],
  ],
  [
    'a path to a namesake',
    { 'packages/sparse/test/deep/a.ts': "import a from '../../../sparse2/a.ts';\n" },
    [
      'packages/sparse/test/deep/a.ts:1 imports ../../../sparse2/a.ts: a relative path out of the package; import the other package by its name',
    ],
  ],
  [
    'the core above',
    { 'packages/tensor/src/set.ts': "import type { rigl } from '@lab/sparse';\n" },
    ['packages/tensor/src/set.ts:1 imports @lab/sparse: the core stands below the domain packages and knows none of them'],
  ],
  [
    'an import of an app',
    { 'packages/sparse/src/set.ts': "import '@lab/demo';\n" },
    ['packages/sparse/src/set.ts:1 imports @lab/demo: it is an app; code that others use belongs in packages/'],
  ],
])('%s', async ([, changes, expected]) => {
  expect(await findings(changes)).toEqual(expected);
});

test('a domain package neither depends on another nor imports from it, be it a type', async () => {
  const message = 'domain packages know only the core, not each other; take plain data whose type the core exports';
  const moe = {
    'packages/moe/README.md': '#',
    'packages/moe/test/a.test.ts': '',
    'packages/moe/src/router.ts': "import type { rigl } from '@lab/sparse';\n",
  };
  expect(await findings({ ...moe, 'packages/moe/package.json': library('@lab/moe', { devDependencies: { '@lab/sparse': '*' } }) })).toEqual(
    [`packages/moe/package.json depends on @lab/sparse: ${message}`, `packages/moe/src/router.ts:1 imports @lab/sparse: ${message}`],
  );
});

test('a package without README and tests', async () => {
  expect(await findings({}, { without: ['packages/sparse/README.md', 'packages/sparse/test/rigl.test.ts'] })).toEqual([
    'packages/sparse has no README.md',
    'packages/sparse has no tests: put them in test/, named like the source they test, *.test.ts',
  ]);
});
