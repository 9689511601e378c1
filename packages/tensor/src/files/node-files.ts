interface NodeModules {
  'node:fs/promises': typeof import('node:fs/promises');
  'node:os': typeof import('node:os');
}

interface NodeProcess {
  getBuiltinModule?(name: string): unknown;
}

/** Node's file functions. */
export function nodeFiles(where: string): NodeModules['node:fs/promises'] {
  return nodeModule(where, 'node:fs/promises');
}

/** One of Node's modules, without an import that a bundler for browsers would have to resolve. */
export function nodeModule<Name extends keyof NodeModules>(where: string, name: Name): NodeModules[Name] {
  const found = (globalThis as { process?: NodeProcess }).process?.getBuiltinModule?.(name);
  if (!found) throw new Error(`${where} needs Node's files; elsewhere give or take the bytes and keep them yourself.`);
  return found as NodeModules[Name];
}
