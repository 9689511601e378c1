import { globSync, readFileSync } from 'node:fs';
import { basename, join, matchesGlob } from 'node:path';
import { gzipSync } from 'node:zlib';

/** tfjs's own code, which `@x/tensor` ships in a file of its own: it isn't what the package adds. */
const vendored = /tfjs-wasm/;

export interface PackageSize {
  readonly name: string;
  /** Bytes of the built JavaScript, and of the same gzipped file by file. */
  readonly raw: number;
  readonly gzip: number;
  /** The package's `"x": {"maxGzipBytes"}`. */
  readonly ceiling: number | undefined;
  readonly files: readonly SizedFile[];
}

interface SizedFile {
  readonly path: string;
  readonly raw: number;
  readonly gzip: number;
}

interface Manifest {
  readonly name: string;
  readonly x?: {
    readonly maxGzipBytes?: number;
    /** Patterns of files of which a program loads one: the largest counts. */
    readonly variants?: readonly string[];
    /** What a program loads only when it asks for it: files beside the package's own, with a ceiling of their own. */
    readonly parts?: Readonly<Record<string, { readonly files: readonly string[]; readonly maxGzipBytes?: number }>>;
  };
}

/**
 * Measures what a program loads of each package under `packages/`: the JavaScript in its `dist/`, without source maps and tfjs's code,
 * and on a row of its own each part that is loaded only by those who ask for it.
 *
 * @throws Error for a package or a part that isn't built, or whose ceiling is no positive number.
 */
export function measureSizes(root: string): PackageSize[] {
  return globSync('packages/*/package.json', { cwd: root })
    .sort()
    .flatMap((path): PackageSize[] => {
      const directory = join(root, path, '..');
      const { name, x: { maxGzipBytes, variants = [], parts = {} } = {} } = JSON.parse(readFileSync(join(root, path), 'utf8')) as Manifest;
      const paths = globSync('dist/**/*.js', { cwd: directory });
      if (paths.length === 0) throw new Error(`${name} has no dist/*.js: build it first (pnpm --filter ${name} build).`);
      const files = paths
        .filter((file) => !vendored.test(file))
        .map((file): SizedFile => {
          const content = readFileSync(join(directory, file));
          return { path: file, raw: content.length, gzip: gzipSync(content, { level: 9 }).length };
        })
        .sort((a, b) => b.gzip - a.gzip);
      const matching = (pattern: string): SizedFile[] => {
        const found = files.filter(({ path: file }) => matchesGlob(basename(file), pattern));
        if (found.length === 0) throw new Error(`${name} has no dist/${pattern}, which its package.json names under "x".`);
        return found;
      };
      // Largest first: all but that one are not loaded beside it.
      const others = new Set(variants.flatMap((pattern) => matching(pattern).slice(1)));
      const loaded = new Set(files.filter((file) => !others.has(file)));
      const rows = Object.entries(parts).map(([part, { files: patterns, maxGzipBytes: ceiling }]) => {
        const own = patterns.flatMap(matching).filter((file) => loaded.delete(file));
        return total(`${name} ${part}`, `x.parts.${part}.maxGzipBytes`, ceiling, own);
      });
      return [total(name, 'x.maxGzipBytes', maxGzipBytes, [...loaded]), ...rows];
    });
}

function total(name: string, option: string, ceiling: number | undefined, files: readonly SizedFile[]): PackageSize {
  if (ceiling !== undefined && !(ceiling > 0))
    throw new Error(`"${option}" of ${name} must be a positive number of bytes, not ${JSON.stringify(ceiling)}.`);
  const sum = (value: (file: SizedFile) => number): number => files.reduce((bytes, file) => bytes + value(file), 0);
  return { name, raw: sum(({ raw }) => raw), gzip: sum(({ gzip }) => gzip), ceiling, files };
}

/** Why a package's size isn't accepted, or undefined. */
export function complaint({ name, gzip, ceiling, files }: PackageSize): string | undefined {
  if (ceiling === undefined)
    return `${name} has no ceiling: add "x": { "maxGzipBytes": ${Math.ceil(gzip / 1000 + 1) * 1000} } to its package.json.`;
  if (gzip <= ceiling) return undefined;
  const largest = files.slice(0, 3).map(({ path, gzip: size }) => `${path} ${size}`);
  return `${name} is ${gzip} bytes gzipped, ${gzip - ceiling} over its ceiling of ${ceiling}. The largest files: ${largest.join(', ')}.`;
}

/** Sizes as a table for a terminal. */
export function formatSizes(sizes: readonly PackageSize[]): string {
  const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;
  const rows = [
    ['package', 'raw', 'gzip', 'ceiling', 'used'],
    ...sizes.map(({ name, raw, gzip, ceiling }) => [
      name,
      kilobytes(raw),
      kilobytes(gzip),
      ceiling ? kilobytes(ceiling) : 'none',
      ceiling ? `${((100 * gzip) / ceiling).toFixed(0)} %` : '',
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  '))
    .join('\n');
}
