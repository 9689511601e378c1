import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export type Tree = Record<string, string | object>;

/** Writes a tree of files into a temporary directory, runs `use` on it, and removes it. */
export async function withTree<T>(tree: Tree, use: (root: string) => T | Promise<T>): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), 'structure-'));
  try {
    for (const [path, content] of Object.entries(tree)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
    }
    return await use(root);
  } finally {
    await rm(root, { recursive: true });
  }
}

const fields = { description: 'What it is', license: 'Apache-2.0', type: 'module' };
const scripts = { build: 'b', test: 't', types: 'y', lint: 'l', docs: 'd' };
export const library = (name: string, more: object = {}): object => ({ name, ...fields, exports: './dist/index.js', scripts, ...more });
export const hidden = (name: string, more: object = {}): object => ({ name, ...fields, private: true, ...more });

/** A monorepo in which everything is as it should be. */
export const sound: Tree = {
  'packages/tensor/package.json': library('@lab/tensor', {
    peerDependencies: { '@tensorflow/tfjs-core': '*' },
    devDependencies: { vitest: '*', '@lab-tooling/testing': '*' },
  }),
  'packages/tensor/README.md': '# @lab/tensor',
  'packages/tensor/src/index.ts': "export { add } from './add.ts';\nexport type { Sum } from './add.ts';\n",
  'packages/tensor/src/add.ts':
    "import { tensor } from '@tensorflow/tfjs-core';\nimport type { Stats } from 'node:fs';\nexport type Sum = Stats;\nexport const add = tensor;\nexport const load = () => import('./generated/kernel.js');\n",
  'packages/tensor/src/generated/kernel.js': '\n'.repeat(1000),
  'packages/tensor/wasm/gemm.ts': "import { v128 } from 'assemblyscript';\nimport { x } from '../../outside';\n",
  'packages/tensor/test/add.test.ts':
    "import { test } from 'vitest';\nimport { matchers } from '@lab-tooling/testing/matchers';\nimport { add } from '@lab/tensor';\n",
  'packages/sparse/package.json': library('@lab/sparse', { dependencies: { '@lab/tensor': '*' }, devDependencies: { vitest: '*' } }),
  'packages/sparse/README.md': '# @lab/sparse',
  'packages/sparse/src/index.ts': "export { rigl } from './rigl.ts';\n",
  'packages/sparse/src/rigl.ts': "import { add } from '@lab/tensor';\nexport const rigl = add;\n",
  'packages/sparse/test/rigl.test.ts': "import { test } from 'vitest';\n",
  'apps/demo/package.json': hidden('@lab/demo', { dependencies: { '@lab/tensor': '*', '@lab/sparse': '*', '@lab-tooling/datasets': '*' } }),
  'apps/demo/src/main.ts':
    "import { add } from '@lab/tensor';\nimport { rigl } from '@lab/sparse';\nimport { loadFashionMnist } from '@lab-tooling/datasets';\n",
  'tooling/testing/package.json': hidden('@lab-tooling/testing'),
  'tooling/datasets/package.json': hidden('@lab-tooling/datasets'),
};
