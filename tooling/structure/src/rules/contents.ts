import { parseSync } from 'oxc-parser';
import type { Finding, Rule, SourceFile, WorkspacePackage } from '../workspace.ts';

const mostLines = 400;
/** Names that say nothing about what is inside. */
const vague = new Set(['util', 'utils', 'helper', 'helpers', 'common', 'misc']);

/** What a package consists of: README and tests, files with telling names and one concept each, an index that only re-exports. */
export const contents: Rule = (workspace) =>
  workspace.flatMap((entry) => [
    ...required(entry),
    ...entry.paths.flatMap((path) => named(entry, path)),
    ...entry.sources.flatMap((file) => written(entry, file)),
  ]);

function required({ kind, directory, paths }: WorkspacePackage): Finding[] {
  if (kind !== 'packages') return [];
  const messages: string[] = [];
  if (!paths.includes('README.md')) messages.push('has no README.md');
  if (!paths.some((path) => /^test\/.*\.test\.ts$/.test(path)))
    messages.push('has no tests: put them in test/, named like the source they test, *.test.ts');
  return messages.map((message) => ({ where: directory, message }));
}

function named({ directory }: WorkspacePackage, path: string): Finding[] {
  const part = path.split(/[/.]|-/).find((word) => vague.has(word.toLowerCase()));
  return part === undefined
    ? []
    : [
        {
          where: `${directory}/${path}`,
          message: `is called "${part}", which says nothing about what is inside: name it by the field's term for its one concept`,
        },
      ];
}

function written({ directory }: WorkspacePackage, { path, text }: SourceFile): Finding[] {
  const messages: string[] = [];
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  if (path.startsWith('src/') && lines > mostLines) messages.push(`has ${lines} lines, more than ${mostLines}: these are two concepts`);
  if (path === 'src/index.ts') messages.push(...indexStatements(path, text));
  return messages.map((message) => ({ where: `${directory}/${path}`, message }));
}

function indexStatements(path: string, text: string): string[] {
  return parseSync(path, text).program.body.flatMap(({ type, ...statement }) => {
    // A namespace has a name: export * as random from './random/index.ts'.
    if (type === 'ExportAllDeclaration')
      return 'exported' in statement && statement.exported ? [] : ['re-exports everything of a module: an index names what it exports'];
    const isReexport = type === 'ExportNamedDeclaration' && 'source' in statement && statement.source != null;
    return isReexport ? [] : [`holds code of its own (${type}): an index only re-exports, by name`];
  });
}
