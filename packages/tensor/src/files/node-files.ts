type Files = typeof import('node:fs/promises');

interface NodeProcess {
  getBuiltinModule?(name: string): unknown;
}

/** Node's file functions, without an import that a bundler for browsers would have to resolve. */
export function nodeFiles(where: string): Files {
  const files = (globalThis as { process?: NodeProcess }).process?.getBuiltinModule?.('node:fs/promises');
  if (!files)
    throw new Error(`${where} needs Node's files; elsewhere use encodeSafetensors and decodeSafetensors and keep the bytes yourself.`);
  return files as Files;
}
