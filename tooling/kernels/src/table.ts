/** The shape of a package's `wasm/table.ts`, as far as the build is concerned. */
export interface KernelTable {
  readonly tiers: readonly string[];
  readonly families: readonly Family[];
  /** Whether tfjs's own WASM kernels are bundled too. */
  readonly withTfjs?: boolean;
}

export interface Family {
  readonly name: string;
  readonly sources: readonly string[];
  readonly generated?: Readonly<Record<string, (tier: never) => string>>;
}
