import type { Heap } from './heap.ts';
import type { Threads } from './threads.ts';
import type { Tier } from './tier.ts';

/** Memory that kernels share between their phases; valid until the next kernel asks for it. */
const WORKSPACE_STEP = 1 << 16;

/** The kernels of the families loaded so far, and what they run on. */
export class Kernels {
  readonly heap: Heap;
  readonly threads: Threads;
  readonly tier: Tier;
  readonly #numbers = new Map<string, number>();
  #workspace = 0;
  #workspaceBytes = 0;

  constructor(heap: Heap, threads: Threads, tier: Tier) {
    this.heap = heap;
    this.threads = threads;
    this.tier = tier;
  }

  /** Adds a family of which the first kernel has number `first`. */
  add(names: readonly string[], first: number): void {
    names.forEach((name, index) => this.#numbers.set(name, first + index));
  }

  has(name: string): boolean {
    return this.#numbers.has(name);
  }

  /** The number by which `threads.run` knows a kernel. */
  number(name: string): number {
    const number = this.#numbers.get(name);
    if (number === undefined) throw new Error(`Kernel '${name}' is not loaded: load its family first.`);
    return number;
  }

  /** Address of a block of at least `bytes` that the caller may use until it returns. */
  workspace(bytes: number): number {
    if (bytes > this.#workspaceBytes) {
      this.dropWorkspace();
      const size = Math.ceil(bytes / WORKSPACE_STEP) * WORKSPACE_STEP;
      this.#workspace = this.heap.allocate(size);
      this.#workspaceBytes = size;
    }
    return this.#workspace;
  }

  /** Whether a block is the workspace. */
  isWorkspace(pointer: number): boolean {
    return this.#workspaceBytes > 0 && this.#workspace === pointer;
  }

  /** Gives the workspace's memory back. */
  dropWorkspace(): void {
    if (this.#workspaceBytes === 0) return;
    this.heap.release(this.#workspace, this.#workspaceBytes);
    this.#workspace = 0;
    this.#workspaceBytes = 0;
  }
}
