import type { Finding, Rule, WorkspacePackage } from '../workspace.ts';

const scripts = ['build', 'test', 'types', 'lint', 'docs'];
/** Other names for the same things, seen elsewhere; with one name each, turbo and people find them in every package. */
const otherNames: Readonly<Record<string, string>> = {
  compile: 'build',
  'test:unit': 'test',
  vitest: 'test',
  tsc: 'types',
  typecheck: 'types',
  'type-check': 'types',
  'check-types': 'types',
  'check:types': 'types',
  eslint: 'lint',
  benchmark: 'bench',
  doc: 'docs',
  typedoc: 'docs',
};

/** What every package.json says: description, licence, type, script names; of a library also its exports; of an app, that it is private and exports nothing. */
export const manifest: Rule = (workspace) => workspace.flatMap(check);

function check({ kind, directory, manifest: fields, paths }: WorkspacePackage): Finding[] {
  const messages: string[] = [];
  if (!fields.description) messages.push('has no "description": say in one line what it is');
  if (fields.license !== 'Apache-2.0') messages.push(`has the "license" ${JSON.stringify(fields.license)}; this project is "Apache-2.0"`);
  if (fields.type !== 'module' && paths.some((path) => /\.[jt]s$/.test(path))) messages.push('has no "type": "module"');
  for (const name of Object.keys(fields.scripts ?? {})) {
    if (Object.hasOwn(otherNames, name)) messages.push(`has a script "${name}", which is called "${otherNames[name]}" in every package`);
  }
  if (kind === 'packages') {
    if (!fields.exports) messages.push('has no "exports": name what a user may import');
    const needed = paths.some((path) => path.startsWith('bench/') && path.endsWith('.ts')) ? [...scripts, 'bench'] : scripts;
    for (const name of needed)
      if (!fields.scripts?.[name]) messages.push(`has no script "${name}"; every package has ${needed.join(', ')}`);
  } else if (!fields.private) messages.push('is not "private": true, and would be published');
  if (kind === 'apps' && (fields.exports !== undefined || fields.main !== undefined)) {
    messages.push('is an app and has "exports" or "main": code that others use belongs in packages/');
  }
  return messages.map((message) => ({ where: `${directory}/package.json`, message }));
}
