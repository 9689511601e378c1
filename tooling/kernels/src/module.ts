/** A JavaScript module that carries a WebAssembly module as base64, so that no bundler has an asset to lose. */
export function kernelModule(wasm: Uint8Array, kernels: readonly string[]): string {
  return [
    '// Written by the kernel build; do not edit.',
    `export const kernels: readonly string[] = ${JSON.stringify(kernels)};`,
    `export const base64: string = '${Buffer.from(wasm).toString('base64')}';`,
    '',
  ].join('\n');
}
