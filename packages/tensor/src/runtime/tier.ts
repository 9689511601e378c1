/** Instruction set levels, from the one that runs everywhere to the fastest. */
export type Tier = 'simd' | 'relaxed' | 'wide';

import { architecture, compileModule, nodeMajor, setEngineFlag } from './host.ts';

/** (module (func (result v128) (f32x4.relaxed_madd (v128.const ...) x3))) in a few bytes. */
function relaxedProbe(): Uint8Array<ArrayBuffer> {
  const constant = [0xfd, 0x0c, ...new Array<number>(16).fill(0)];
  const body = [0x00, ...constant, ...constant, ...constant, 0xfd, 0x85, 0x02, 0x0b];
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b],
    ...[0x03, 0x02, 0x01, 0x00],
    ...[0x0a, body.length + 2, 0x01, body.length, ...body],
  ]);
}

/** The best tier this engine may run, and why not a better one. */
export function bestTier(): { tier: Tier; reason?: string } {
  if (!WebAssembly.validate(relaxedProbe()) && nodeMajor >= 20) setEngineFlag('experimental-wasm-relaxed-simd');
  if (!WebAssembly.validate(relaxedProbe())) return { tier: 'simd', reason: 'this engine has no relaxed SIMD' };
  if (nodeMajor < 24) return { tier: 'relaxed', reason: 'the wide tier needs Node 24 or later' };
  if (architecture !== 'x64') return { tier: 'relaxed', reason: `the wide tier needs an x64 processor, this is ${architecture}` };
  return { tier: 'wide' };
}

/**
 * Compiles kernels, in Node with the optimising compiler at once, so that speed is the same from the first call on.
 * For the wide tier, adjacent pairs of 128-bit operations become 256-bit ones.
 */
export function compileKernels(bytes: Uint8Array<ArrayBuffer>, tier: Tier, family?: string): Promise<WebAssembly.Module> {
  const flags = ['no-liftoff', 'no-wasm-lazy-compilation', 'no-wasm-dynamic-tiering'];
  if (tier !== 'wide') return compileModule(bytes, flags);
  flags.push('experimental-wasm-revectorize');
  // Functions put into others make these kernels no faster, and take half as long again to compile.
  if (family === 'dense') flags.push('no-wasm-inlining');
  // An empty section more: the engine keeps the code it made of these very bytes for the relaxed tier.
  const distinct = new Uint8Array(bytes.length + 3);
  distinct.set(bytes);
  distinct[bytes.length + 1] = 1;
  return compileModule(distinct, flags);
}
