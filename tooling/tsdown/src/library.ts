import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { UserConfig } from 'tsdown';
import { evaluate } from './evaluate.ts';

export interface LibraryOptions {
  /** The modules a user imports, each a file of `dist/` and an entry of the package's `exports`. */
  readonly entry?: readonly string[];
  /** Files to place in `dist/` as they are. */
  readonly copy?: readonly string[];
  /** Modules that are run when the package is built, and replaced by the values of what they export. */
  readonly evaluated?: readonly string[];
}

/**
 * The one library build: `export default library();`
 *
 * Minified ES modules for Node and browsers alike, with declarations made file by file from `isolatedDeclarations` and source maps.
 * What is imported statically becomes one file an entry: it loads fast in Node, internals stay unreachable, and a user's bundler
 * drops what isn't used, since the package has no side effects. What is imported dynamically stays a file of its own under its own
 * name, so that kernels are fetched only by those who run them. Dependencies and peers are never bundled;
 * development dependencies are where the manifest says so: `"x": { "bundles": [...] }`.
 */
export function library({ entry = ['src/index.ts'], copy = [], evaluated = [] }: LibraryOptions = {}): UserConfig {
  const { x } = JSON.parse(readFileSync('package.json', 'utf8')) as { x?: { bundles?: string[] } };
  return {
    entry: [...entry],
    copy: [...copy],
    ...(evaluated.length > 0 && { plugins: [evaluate(evaluated.map((path) => resolve(path)))] }),
    format: 'esm',
    platform: 'neutral',
    target: 'es2023',
    fixedExtension: false,
    hash: false,
    // What a debugger shows comes from the maps; what a user downloads is as small as it can be.
    minify: true,
    sourcemap: true,
    outputOptions: {
      // What is documented is documented in the declarations; the maps point into src/, which is published beside dist/.
      comments: { legal: true, annotation: true, jsdoc: false },
      sourcemapExcludeSources: true,
    },
    dts: { oxc: true, sourcemap: false },
    // A package that isn't declared as a dependency must not slip into the bundle.
    deps: { onlyBundle: x?.bundles ?? [] },
    failOnWarn: true,
    report: false,
    logLevel: 'warn',
  };
}
