import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readImports, type Import } from './imports.ts';

export interface Manifest {
  readonly name?: string;
  readonly description?: string;
  readonly license?: string;
  readonly type?: string;
  readonly private?: boolean;
  readonly main?: string;
  readonly exports?: unknown;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  /** This project's own fields; `bundles` lists development dependencies whose code is part of the built package. */
  readonly x?: { readonly bundles?: readonly string[] };
}

export interface SourceFile {
  /** Relative to the package, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

export interface WorkspacePackage {
  readonly kind: 'packages' | 'apps' | 'tooling';
  /** Relative to the root, such as `packages/tensor`. */
  readonly directory: string;
  readonly name: string;
  readonly manifest: Manifest;
  /** Every file but what is installed, built or generated. */
  readonly paths: readonly string[];
  /** The JavaScript and TypeScript files among them. */
  readonly sources: readonly SourceFile[];
}

/** One thing that is not as it should be, and what to do about it. */
export interface Finding {
  /** File or package, relative to the root. */
  readonly where: string;
  readonly message: string;
}

export type Rule = (workspace: readonly WorkspacePackage[]) => Finding[];

const ignored = /(^|\/)(node_modules|dist|out|generated|\.[^/]+|docs\/api)(\/|$)/;
/** AssemblyScript looks like TypeScript but isn't; the table beside it is TypeScript. */
const assemblyScript = /^wasm\/(?!table\.ts$)/;

/** Reads the packages under `packages/`, `apps/` and `tooling/` of a monorepo. */
export function readWorkspace(root: string): WorkspacePackage[] {
  return globSync('{packages,apps,tooling}/*/package.json', { cwd: root })
    .map((path) => path.replaceAll('\\', '/'))
    .sort()
    .map((path): WorkspacePackage => {
      const directory = path.slice(0, -'/package.json'.length);
      const manifest = JSON.parse(readFileSync(join(root, path), 'utf8')) as Manifest;
      const paths = globSync('**', { cwd: join(root, directory), withFileTypes: true, exclude: (entry) => ignored.test(entry.name) })
        .filter((entry) => entry.isFile())
        .map((entry) =>
          join(entry.parentPath, entry.name)
            .slice(join(root, directory).length + 1)
            .replaceAll('\\', '/'),
        )
        .filter((file) => !ignored.test(file))
        .sort();
      const sources = paths
        .filter((file) => /\.[cm]?[jt]s$/.test(file) && !assemblyScript.test(file))
        .map((file): SourceFile => {
          const text = readFileSync(join(root, directory, file), 'utf8');
          return { path: file, text, imports: readImports(file, text) };
        });
      return { kind: directory.split('/')[0] as WorkspacePackage['kind'], directory, name: manifest.name ?? '', manifest, paths, sources };
    });
}
