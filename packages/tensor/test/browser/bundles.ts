import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build as esbuild, type BuildOptions } from 'esbuild';
import { build as vite } from 'vite';
import webpack from 'webpack';

/** Each way to a page: makes a directory to serve of a user's project, with no more configuration than where things are. */
export const bundles: Readonly<Record<string, (project: string) => Promise<string>>> = {
  esbuild: (project) => withEsbuild(project, 'esbuild'),
  'esbuild, functions keep their names': (project) => withEsbuild(project, 'esbuild-names', { keepNames: true, minify: true }),
  Vite: async (project) => {
    const outDir = join(project, 'out/vite');
    await vite({ root: project, configFile: false, logLevel: 'error', build: { outDir } });
    return outDir;
  },
  webpack: async (project) => {
    const path = join(project, 'out/webpack');
    const compiler = webpack({ mode: 'production', context: project, entry: './main.js', output: { path }, performance: { hints: false } });
    const stats = await new Promise<webpack.Stats>((resolve, reject) =>
      compiler.run((error, result) => (result ? resolve(result) : reject(error ?? new Error('webpack gave nothing')))),
    );
    await new Promise((resolve) => compiler.close(resolve));
    const { errors = [], warnings = [] } = stats.toJson({ all: false, errors: true, warnings: true });
    const complaints = [...errors, ...warnings].map(({ message }) => message);
    if (complaints.length > 0) throw new Error(complaints.join('\n'));
    writePage(path);
    return path;
  },
  /** An import map doesn't reach into workers, so this page has none. */
  'no bundler': async (project) => {
    const directory = join(project, 'out/plain');
    mkdirSync(directory, { recursive: true });
    for (const file of ['main.js', 'train.js', 'worker.js']) cpSync(join(project, file), join(directory, file));
    cpSync(join(project, 'node_modules/@x/tensor/dist'), join(directory, 'tensor'), { recursive: true });
    // As a module server gives it: tfjs-core imports two packages that are no ES modules.
    const tfjs = join(directory, 'tfjs-core.js');
    await esbuild({
      stdin: { contents: "export * from '@tensorflow/tfjs-core';", resolveDir: project },
      outfile: tfjs,
      bundle: true,
      format: 'esm',
      logLevel: 'silent',
    });
    const imports = { '@tensorflow/tfjs-core': './tfjs-core.js', '@x/tensor': './tensor/index.js' };
    const page = readFileSync(join(project, 'index.html'), 'utf8');
    writeFileSync(
      join(directory, 'index.html'),
      page.replace('<script', `<script type="importmap">${JSON.stringify({ imports })}</script>\n<script`),
    );
    return directory;
  },
};

async function withEsbuild(project: string, name: string, options: BuildOptions = {}): Promise<string> {
  const outdir = join(project, 'out', name);
  await esbuild({
    entryPoints: [join(project, 'main.js'), join(project, 'worker.js')],
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    logLevel: 'silent',
    ...options,
  });
  writePage(outdir);
  return outdir;
}

function writePage(directory: string): void {
  writeFileSync(
    join(directory, 'index.html'),
    '<!doctype html><meta charset="utf-8"><title>A user\'s page</title><script type="module" src="./main.js"></script>',
  );
}
