import type { KernelFamily } from '../backend/kernel.ts';
import { compileKernels, type Tier } from './tier.ts';
import { unpack } from './unpack.ts';

interface KernelBytes {
  readonly kernels: readonly string[];
  readonly base64: string;
}

export interface CompiledFamily {
  readonly module: WebAssembly.Module;
  readonly kernels: readonly string[];
}

/** Families by name and tier, each a module of its own that is loaded only when asked for. */
const sources: Record<string, Record<Tier, () => Promise<KernelBytes>>> = {
  product: {
    simd: () => import('../generated/product-simd.ts'),
    relaxed: () => import('../generated/product-relaxed.ts'),
    wide: () => import('../generated/product-wide.ts'),
  },
  dense: {
    simd: () => import('../generated/dense-simd.ts'),
    relaxed: () => import('../generated/dense-relaxed.ts'),
    wide: () => import('../generated/dense-wide.ts'),
  },
  half: {
    simd: () => import('../generated/half-simd.ts'),
    relaxed: () => import('../generated/half-relaxed.ts'),
    wide: () => import('../generated/half-wide.ts'),
  },
  sparse: {
    simd: () => import('../generated/sparse-simd.ts'),
    relaxed: () => import('../generated/sparse-relaxed.ts'),
    wide: () => import('../generated/sparse-wide.ts'),
  },
  quant: {
    simd: () => import('../generated/quant-simd.ts'),
    relaxed: () => import('../generated/quant-relaxed.ts'),
    wide: () => import('../generated/quant-wide.ts'),
  },
};

/** What the backend runs them by, of the families that are loaded on demand. */
const onDemand: Record<string, () => Promise<KernelFamily>> = {
  half: async () => (await import('../backend/half/half-family.ts')).halfFamily,
  sparse: async () => (await import('../backend/sparse/sparse-family.ts')).sparseFamily,
  quant: async () => (await import('../backend/quant/quant-family.ts')).quantFamily,
};

/** The backend's kernels of a family that is loaded on demand. */
export async function backendFamily(name: string): Promise<KernelFamily> {
  return (await onDemand[name]?.()) ?? { kernels: [] };
}

/** The families that are always there. */
export const coreFamilies: readonly string[] = ['product', 'dense'];

/** Names of the kernel families that can be loaded. */
export const familyNames: readonly string[] = Object.keys(sources);

/** Loads and compiles a family, from its own bytes or from a module that the caller compiled. */
export async function loadFamily(name: string, tier: Tier, given?: WebAssembly.Module): Promise<CompiledFamily> {
  const family = sources[name];
  if (!family) throw new Error(`There is no kernel family '${name}'; there are ${familyNames.join(', ')}.`);
  const { kernels, base64 } = await family[tier]();
  if (!given) return { module: await compileKernels(await unpack(base64), tier, name), kernels };
  const exported = new Set(WebAssembly.Module.exports(given).map(({ name: kernel }) => kernel));
  const missing = kernels.filter((kernel) => !exported.has(kernel));
  if (missing.length > 0)
    throw new Error(
      `enable({ modules: { ${name} } }): the module has no ${missing.join(', ')}; compile wasm/${name}-${tier}.wasm of this very version.`,
    );
  return { module: given, kernels };
}
