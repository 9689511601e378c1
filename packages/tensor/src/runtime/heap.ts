import { HeapExhaustedError } from './errors.ts';
import type { HeapLimits } from './memory.ts';
import { ModuleAllocator } from './module-allocator.ts';
import type { TfjsModule } from './tfjs-module.ts';

/** Every block starts on a cache line. */
const LINE = 64;
/** Blocks up to this size are cut from slabs. */
const SLAB_LIMIT = 32768;
const SLAB_BYTES = 1 << 20;

/** The coarsest step between size classes. */
const MOST_STEP = 1 << 24;

/** Rounds up to a size class: lines up to 1 KiB, then eight steps to each doubling, of 16 MiB at most. */
function sizeClass(bytes: number): number {
  if (bytes <= 1024) return bytes <= LINE ? LINE : (bytes + LINE - 1) & -LINE;
  const step = Math.min(MOST_STEP, Math.max(LINE, 2 ** (28 - Math.clz32(bytes - 1))));
  return Math.ceil(bytes / step) * step;
}

export interface HeapStatistics {
  /** Bytes in blocks handed out. */
  readonly used: number;
  /** Bytes in blocks kept for reuse. */
  readonly cached: number;
  /** Bytes of the memory now, and the most it may grow to. */
  readonly size: number;
  readonly limit: number;
}

/**
 * Blocks of the shared heap, 64-byte aligned. Freed blocks are kept by size class, because a training step asks for
 * the same sizes again and again; they go back to the module's own allocator when memory runs out.
 */
export class Heap {
  readonly #allocator: ModuleAllocator;
  readonly #limits: HeapLimits;
  readonly #free = new Map<number, number[]>();
  /** Address and size of each block given out since {@link open}, in turn. */
  readonly #given: number[] = [];
  #isOpen = false;
  #slab = 0;
  #slabEnd = 0;
  #used = 0;
  #cached = 0;
  #bytes: Uint8Array;
  #floats: Float32Array;
  #words: Int32Array;

  constructor(module: TfjsModule, limits: HeapLimits) {
    this.#allocator = new ModuleAllocator(module, limits);
    this.#limits = limits;
    this.#bytes = new Uint8Array(limits.memory.buffer);
    this.#floats = new Float32Array(limits.memory.buffer);
    this.#words = new Int32Array(limits.memory.buffer);
  }

  /** Views of the whole memory; ask again after an allocation, which may have grown it. */
  get bytes(): Uint8Array {
    if (this.#bytes.buffer !== this.#limits.memory.buffer) this.#bytes = new Uint8Array(this.#limits.memory.buffer);
    return this.#bytes;
  }
  get floats(): Float32Array {
    if (this.#floats.buffer !== this.#limits.memory.buffer) this.#floats = new Float32Array(this.#limits.memory.buffer);
    return this.#floats;
  }
  get words(): Int32Array {
    if (this.#words.buffer !== this.#limits.memory.buffer) this.#words = new Int32Array(this.#limits.memory.buffer);
    return this.#words;
  }

  get statistics(): HeapStatistics {
    return { used: this.#used, cached: this.#cached, size: this.#limits.memory.buffer.byteLength, limit: this.#limits.maximumBytes };
  }

  /** Address of a block of at least `bytes` bytes, uninitialised. Throws {@link HeapExhaustedError}. */
  allocate(bytes: number): number {
    const size = sizeClass(bytes);
    const kept = this.#free.get(size)?.pop();
    if (kept !== undefined) this.#cached -= size;
    const pointer = kept ?? (size <= SLAB_LIMIT ? this.#cut(size, bytes) : this.#reserve(size, bytes));
    this.#used += size;
    if (this.#isOpen) this.#given.push(pointer, size);
    return pointer;
  }

  /** From here on it is known which blocks are given out, until {@link close}; false if that is so already. */
  open(): boolean {
    if (this.#isOpen) return false;
    this.#isOpen = true;
    this.#given.length = 0;
    return true;
  }

  close(): void {
    this.#isOpen = false;
  }

  /** Blocks given out since {@link open} and not released, by address, with their size. */
  get outstanding(): ReadonlyMap<number, number> {
    const blocks = new Map<number, number>();
    for (let i = 0; i < this.#given.length; i += 2) {
      const [pointer, size] = [this.#given[i] as number, this.#given[i + 1] as number];
      if (!this.#free.get(size)?.includes(pointer)) blocks.set(pointer, size);
    }
    return blocks;
  }

  /** Takes back a block of `allocate(bytes)`. */
  release(pointer: number, bytes: number): void {
    const size = sizeClass(bytes);
    const kept = this.#free.get(size);
    if (kept) kept.push(pointer);
    else this.#free.set(size, [pointer]);
    this.#used -= size;
    this.#cached += size;
  }

  /** Gives the kept blocks back to the module's allocator. */
  trim(): void {
    for (const [size, kept] of this.#free) {
      if (size <= SLAB_LIMIT) continue;
      for (const pointer of kept) {
        this.#allocator.free((this.words[(pointer - 4) >>> 2] as number) >>> 0);
        // A block that went back to the module's allocator is not outstanding.
        this.forget(pointer);
      }
      this.#cached -= size * kept.length;
      this.#free.delete(size);
    }
  }

  /** Counts a block no longer among those given out since {@link open}. */
  forget(pointer: number): void {
    for (let i = this.#given.length - 2; i >= 0; i -= 2) if (this.#given[i] === pointer) this.#given.splice(i, 2);
  }

  #cut(size: number, asked: number): number {
    if (this.#slab + size > this.#slabEnd) {
      // What the old slab has left serves smaller blocks; every number of lines up to 1 KiB is a class.
      while (this.#slabEnd - this.#slab >= LINE) {
        const piece = Math.min(this.#slabEnd - this.#slab, 1024) & -LINE;
        this.#keep(this.#slab, piece);
        this.#slab += piece;
      }
      this.#slab = this.#reserve(SLAB_BYTES, asked);
      this.#slabEnd = this.#slab + SLAB_BYTES;
    }
    const pointer = this.#slab;
    this.#slab += size;
    return pointer;
  }

  #keep(pointer: number, size: number): void {
    const kept = this.#free.get(size);
    if (kept) kept.push(pointer);
    else this.#free.set(size, [pointer]);
    this.#cached += size;
  }

  #reserve(size: number, asked: number): number {
    // Room to align, and for the address that the module's allocator wants back.
    const wanted = size + LINE;
    const limit = this.#limits.maximumBytes;
    let raw = wanted < limit ? this.#allocator.allocate(wanted) : 0;
    if (raw === 0 && wanted < limit) {
      this.trim();
      raw = this.#allocator.allocate(wanted);
    }
    if (raw === 0) throw new HeapExhaustedError(asked, this.#used, limit);
    const pointer = Math.floor(raw / LINE) * LINE + LINE;
    this.words[(pointer - 4) >>> 2] = raw;
    return pointer;
  }
}
