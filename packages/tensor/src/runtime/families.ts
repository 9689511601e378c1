import type { BytesByTier, KernelFamily } from '../backend/kernel.ts';
import { compileKernels, type Tier } from './tier.ts';
import { unpack } from './unpack.ts';

export interface CompiledFamily {
  readonly module: WebAssembly.Module;
  readonly kernels: readonly string[];
}

/** The families that are always there. Each tier is a module of its own that is loaded only when asked for. */
const core: Record<string, BytesByTier> = {
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
};

/** Those that are loaded on demand. */
const onDemand: Record<string, () => Promise<KernelFamily>> = {
  half: async () => (await import('../backend/half/half-family.ts')).halfFamily,
  storage: async () => (await import('../backend/storage/storage-family.ts')).storageFamily,
  sparse: async () => (await import('../backend/sparse/sparse-family.ts')).sparseFamily,
  quant: async () => (await import('../backend/quant/quant-family.ts')).quantFamily,
};

/** The kernels of a family: their bytes, and what the backend runs them by. */
export async function backendFamily(name: string): Promise<KernelFamily> {
  const bytes = core[name];
  if (bytes) return { kernels: [], bytes };
  const load = onDemand[name];
  if (!load) throw new Error(`There is no kernel family '${name}'; there are ${familyNames.join(', ')}.`);
  return load();
}

/** Names of the families that are always there. */
export const coreFamilies: readonly string[] = Object.keys(core);

/** Names of the kernel families that can be loaded. */
export const familyNames: readonly string[] = [...coreFamilies, ...Object.keys(onDemand)];

/** Loads and compiles a family, from its own bytes or from a module that the caller compiled. */
export async function loadFamily(name: string, tier: Tier, given?: WebAssembly.Module): Promise<CompiledFamily> {
  const { bytes } = await backendFamily(name);
  const { kernels, base64 } = await bytes[tier]();
  if (!given) return { module: await compileKernels(await unpack(base64), tier, name), kernels };
  const exported = new Set(WebAssembly.Module.exports(given).map(({ name: kernel }) => kernel));
  const missing = kernels.filter((kernel) => !exported.has(kernel));
  if (missing.length > 0)
    throw new Error(
      `enable({ modules: { ${name} } }): the module has no ${missing.join(', ')}; compile wasm/${name}-${tier}.wasm of this very version.`,
    );
  return { module: given, kernels };
}
