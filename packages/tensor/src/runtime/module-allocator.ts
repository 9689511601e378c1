import type { HeapLimits } from './memory.ts';
import type { TfjsModule } from './tfjs-module.ts';

const END = 2 ** 32;
/** From this size on, the module's allocator keeps free regions of all sizes in one list. */
const HUGE = 128 * 2 ** 20;
const PIECE = 16 * 2 ** 20;
/** Bytes that the allocator keeps between two regions that lie side by side. */
const GAP = 8;

interface Joined {
  readonly pieces: readonly number[];
  /** What the allocator had written between the pieces. */
  readonly gaps: Int32Array;
}

/**
 * The allocator of tfjs's module (Emscripten's emmalloc), kept from the one thing it does wrong: it takes a free region
 * to be large enough when the region's start plus the size asked for passes 4 GiB and wraps around to a small number.
 *
 * Below 128 MiB that can't happen, because a region is then at least two thirds of the size asked for, and the memory
 * ends 48 MiB early (see memory.ts). A larger block, near the end of the memory, is put together from pieces that the
 * allocator hands out side by side.
 */
export class ModuleAllocator {
  readonly #module: TfjsModule;
  readonly #memory: WebAssembly.Memory;
  readonly #joined = new Map<number, Joined>();

  constructor(module: TfjsModule, { memory }: HeapLimits) {
    this.#module = module;
    this.#memory = memory;
  }

  /** Address of a block, or 0 if there is no room. */
  allocate(bytes: number): number {
    if (bytes < HUGE || this.#memory.buffer.byteLength + bytes < END) return this.#module._malloc(bytes);
    return this.#join(Math.ceil((bytes + GAP) / (PIECE + GAP)));
  }

  free(address: number): void {
    const joined = this.#joined.get(address);
    if (!joined) {
      this.#module._free(address);
      return;
    }
    this.#joined.delete(address);
    const words = new Int32Array(this.#memory.buffer);
    gapsBetween(joined.pieces).forEach((word, i) => (words[word] = joined.gaps[i] as number));
    for (const piece of joined.pieces) this.#module._free(piece);
  }

  #join(count: number): number {
    const step = PIECE + GAP;
    const taken = new Set<number>();
    let first = 0;
    while (first === 0) {
      const piece = this.#module._malloc(PIECE);
      if (piece === 0) break;
      taken.add(piece);
      let start = piece;
      while (taken.has(start - step)) start -= step;
      let end = piece;
      while (taken.has(end + step)) end += step;
      if (end - start >= (count - 1) * step) first = start;
    }
    const pieces = first === 0 ? [] : Array.from({ length: count }, (_, i) => first + i * step);
    for (const piece of pieces) taken.delete(piece);
    for (const piece of taken) this.#module._free(piece);
    if (first !== 0) {
      const words = new Int32Array(this.#memory.buffer);
      this.#joined.set(first, { pieces, gaps: Int32Array.from(gapsBetween(pieces), (word) => words[word] as number) });
    }
    return first;
  }
}

/** Indices of the words between the pieces. */
function gapsBetween(pieces: readonly number[]): number[] {
  return pieces.slice(1).flatMap((piece) => [(piece - GAP) / 4, (piece - GAP) / 4 + 1]);
}
