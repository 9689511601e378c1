import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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
  readonly files: readonly { readonly path: string; readonly gzip: number }[];
}

interface Manifest {
  readonly name: string;
  readonly x?: { readonly maxGzipBytes?: number };
}

/**
 * Measures what each package under `packages/` ships: the JavaScript in its `dist/`, without source maps and tfjs's code.
 *
 * @throws Error for a package that isn't built, or whose ceiling is no positive number.
 */
export function measureSizes(root: string): PackageSize[] {
  return globSync('packages/*/package.json', { cwd: root })
    .sort()
    .map((path): PackageSize => {
      const directory = join(root, path, '..');
      const { name, x } = JSON.parse(readFileSync(join(root, path), 'utf8')) as Manifest;
      const ceiling = x?.maxGzipBytes;
      if (ceiling !== undefined && !(ceiling > 0))
        throw new Error(`"x.maxGzipBytes" of ${name} must be a positive number of bytes, not ${JSON.stringify(ceiling)}.`);
      const paths = globSync('dist/**/*.js', { cwd: directory });
      if (paths.length === 0) throw new Error(`${name} has no dist/*.js: build it first (pnpm --filter ${name} build).`);
      let raw = 0;
      const files = paths
        .filter((file) => !vendored.test(file))
        .map((file) => {
          const content = readFileSync(join(directory, file));
          raw += content.length;
          return { path: file, gzip: gzipSync(content, { level: 9 }).length };
        })
        .sort((a, b) => b.gzip - a.gzip);
      return { name, raw, gzip: files.reduce((sum, { gzip }) => sum + gzip, 0), ceiling, files };
    });
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
