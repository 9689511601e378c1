import { parseSync } from 'oxc-parser';

export interface Import {
  /** As written: `./a.ts`, `@x/tensor/testing`, `node:fs`. */
  readonly specifier: string;
  readonly line: number;
}

/** Every module a source names: static imports and re-exports, of values and of types, and dynamic imports of a literal. */
export function readImports(path: string, text: string): Import[] {
  const { module } = parseSync(path, text);
  const found: { value: string; start: number }[] = [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest),
    ...module.staticExports.flatMap(({ entries }) => entries.flatMap(({ moduleRequest }) => moduleRequest ?? [])),
    ...module.dynamicImports.flatMap(({ moduleRequest: { start, end } }) => {
      const literal = /^(['"`])([^$]*)\1$/.exec(text.slice(start, end));
      return literal ? { value: literal[2]!, start } : [];
    }),
  ];
  const unique = new Map(
    found.map(({ value, start }) => [`${value} ${start}`, { specifier: value, line: text.slice(0, start).split('\n').length }]),
  );
  return [...unique.values()];
}

/** The package of a specifier: `@x/tensor/testing` belongs to `@x/tensor`. */
export function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}
