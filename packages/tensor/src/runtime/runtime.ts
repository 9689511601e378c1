import type { HeapStatistics } from './heap.ts';
import type { Profile } from './profile.ts';
import type { Tier } from './tier.ts';

export interface EnableOptions {
  /** Threads to compute with, the calling one included. Default: all cores. */
  readonly threads?: number;
  /** The best instruction set to use. Default: the best that runs here. */
  readonly tier?: Tier;
  /** Most bytes the heap may grow to. Default and limit: 4 GiB less 48 MiB. */
  readonly heap?: number;
  /**
   * In browsers, the URL of a copy of the package's `@x/tensor/worker`, for pages whose Content-Security-Policy refuses workers made from text.
   * Default: the package's own text. Node has no use for it.
   */
  readonly worker?: string | URL;
  /**
   * Kernel families compiled by the caller, by name, for environments that refuse to compile bytes: the package exports its modules as
   * `@x/tensor/wasm/<family>-<tier>.wasm`. They must be those of the tier that runs. Default: the package's own bytes.
   */
  readonly modules?: Readonly<Record<string, WebAssembly.Module>>;
}

/** The running backend. */
export interface Runtime {
  /** Name of the tfjs backend. */
  readonly backend: string;
  readonly tier: Tier;
  readonly threads: number;
  /** Why not a better tier or more threads; empty if nothing better is known. */
  readonly limits: readonly string[];
  /** Bytes of the heap: in tensors, kept for reuse, its size and the most it may grow to. */
  memory(): HeapStatistics;
  /** Runs `run` and says what each kernel took. */
  profile<T>(run: () => T | Promise<T>): Promise<Profile<T>>;
  /** Loads a kernel family besides those that are always there, `product` and `dense`. */
  load(family: string): Promise<void>;
}
