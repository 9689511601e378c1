import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { packageOf } from '../imports.ts';
import type { Finding, Rule, SourceFile, WorkspacePackage } from '../workspace.ts';

/** The package that all others build on. */
const core = 'packages/tensor';

/**
 * Who may import whom: only what is declared; `apps -> domain packages -> tensor`; domain packages never one another,
 * not even for a type; nothing from apps; nothing of tooling in a library's sources; no relative path out of a package.
 */
export const boundaries: Rule = (workspace) => {
  const byName = new Map(workspace.map((entry) => [entry.name, entry]));
  return workspace.flatMap((entry) => [
    ...Object.keys({ ...entry.manifest.dependencies, ...entry.manifest.peerDependencies, ...entry.manifest.devDependencies }).flatMap(
      (name) => {
        const message = forbidden(entry, byName.get(name));
        return message === undefined ? [] : [{ where: `${entry.directory}/package.json`, message: `depends on ${name}: ${message}` }];
      },
    ),
    ...entry.sources.flatMap((file) => fileFindings(entry, file, byName)),
  ]);
};

function fileFindings(entry: WorkspacePackage, { path, imports }: SourceFile, byName: ReadonlyMap<string, WorkspacePackage>): Finding[] {
  const library = path.startsWith('src/') && entry.kind === 'packages';
  const { dependencies, peerDependencies, optionalDependencies, devDependencies } = entry.manifest;
  const declared = { ...dependencies, ...peerDependencies, ...optionalDependencies, ...(!library && devDependencies) };
  return imports.flatMap(({ specifier, line }): Finding[] => {
    const report = (message: string): Finding[] => [
      { where: `${entry.directory}/${path}:${line}`, message: `imports ${specifier}: ${message}` },
    ];
    if (specifier.startsWith('.')) {
      const target = posix.join(posix.dirname(path), specifier);
      return target.startsWith('../') ? report('a relative path out of the package; import the other package by its name') : [];
    }
    if (isBuiltin(specifier) || specifier.startsWith('#')) return [];
    const name = packageOf(specifier);
    if (name === entry.name) return [];
    const target = byName.get(name);
    const message = forbidden(entry, target);
    if (message !== undefined) return report(message);
    if (library && target?.kind === 'tooling') return report('tooling is private and would be missing for users');
    if (Object.hasOwn(declared, name)) return [];
    if (library && devDependencies && Object.hasOwn(devDependencies, name)) {
      if (entry.manifest.x?.bundles?.includes(name)) return [];
      return report('it is only a devDependency, and would be missing for users; declare it as a dependency or peer');
    }
    return report('it is not declared in package.json');
  });
}

/** Why a package may not use another of the workspace, whatever for. */
function forbidden(from: WorkspacePackage, to: WorkspacePackage | undefined): string | undefined {
  if (to === undefined || to === from) return undefined;
  if (to.kind === 'apps') return 'it is an app; code that others use belongs in packages/';
  if (from.kind !== 'packages' || to.kind !== 'packages') return undefined;
  if (from.directory === core) return 'the core stands below the domain packages and knows none of them';
  return to.directory === core
    ? undefined
    : 'domain packages know only the core, not each other; take plain data whose type the core exports';
}
