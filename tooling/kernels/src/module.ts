/** A JavaScript module that carries a WebAssembly module, already deflated, as base64: no bundler has an asset to lose. */
export function kernelModule(deflated: Uint8Array, kernels: readonly string[]): string {
  return [
    '// Written by the kernel build; do not edit.',
    `export const kernels: readonly string[] = ${JSON.stringify(kernels)};`,
    `export const base64: string = '${Buffer.from(deflated).toString('base64')}';`,
    '',
  ].join('\n');
}
