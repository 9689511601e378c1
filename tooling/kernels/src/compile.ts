import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import asc from 'assemblyscript/asc';
import type { Family } from './table.ts';

export interface Compiled {
  readonly wasm: Uint8Array;
  /** Names of the exported kernels. */
  readonly kernels: readonly string[];
}

/** Compiles one family for one tier. The memory is imported and shared, and the module has no data and no stack of its own. */
export async function compileFamily(directory: string, family: Family, tier: string): Promise<Compiled> {
  const files = new Map<string, string>();
  for (const [path, write] of Object.entries(family.generated ?? {})) files.set(path, write(tier as never));
  files.set('entry.ts', family.sources.map((source) => `export * from './${source.replace(/\.ts$/, '')}';`).join('\n'));
  let wasm: Uint8Array | undefined;
  const relaxed = tier !== 'simd';
  const { error, stderr } = await asc.main(
    [
      'entry.ts',
      ...['--outFile', 'out.wasm'],
      ...['-O3', '--noAssert', '--converge'],
      ...['--runtime', 'stub', '--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
      ...['--enable', relaxed ? 'simd,relaxed-simd,threads' : 'simd,threads'],
      ...['--use', `RELAXED=${relaxed ? 1 : 0}`, '--use', `WIDE=${tier === 'wide' ? 1 : 0}`],
    ],
    {
      readFile: (name) => files.get(name) ?? readSource(resolve(directory, name)),
      writeFile: (name, contents) => {
        if (name === 'out.wasm') wasm = contents as Uint8Array;
      },
      listFiles: () => [],
    },
  );
  if (error || !wasm) throw new Error(`Kernel family ${family.name} (${tier}) does not compile:\n${stderr.toString()}`, { cause: error });
  const module = inspected(wasm);
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (kind !== 'memory')
      throw new Error(
        `Kernel family ${family.name} imports ${from}.${name}; a kernel may import only the memory. Strings, arrays and objects need the runtime: use pointers.`,
      );
  }
  return { wasm, kernels: kernelNames(wasm) };
}

/** Names of the kernels that a module exports. */
export function kernelNames(wasm: Uint8Array): string[] {
  return WebAssembly.Module.exports(inspected(wasm))
    .filter(({ kind }) => kind === 'function')
    .map(({ name }) => name);
}

/** With a section more, because V8 keeps the code it made of these bytes, and others want to compile them with flags of their own. */
function inspected(wasm: Uint8Array): WebAssembly.Module {
  return new WebAssembly.Module(new Uint8Array([...wasm, 0, 2, 0, 0]));
}

/** The text of a source, or null where there is no such file. */
export function readSource(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null; // the compiler tries several places for an import
  }
}
