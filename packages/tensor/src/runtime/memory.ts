/** A growing shared memory and the most it may grow to. */
export interface HeapLimits {
  readonly memory: WebAssembly.Memory;
  readonly maximumBytes: number;
}

const PAGE = 65536;
/** 48 MiB less than 4 GiB: addresses are 32 bits, and the module's allocator adds sizes to them (see module-allocator.ts). */
const MAXIMUM_PAGES = 65536 - 768;
const INITIAL_PAGES = 256;

/**
 * Makes the memory; only as much of it as is used becomes real. Where the engine can't set so many addresses aside, as on
 * telephones, it may grow to half as much, or a quarter, and so on.
 */
export function createMemory(heap: number): HeapLimits {
  let pages = Math.min(MAXIMUM_PAGES, Math.max(INITIAL_PAGES, Math.floor(heap / PAGE)));
  for (;;) {
    try {
      const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: pages, shared: true });
      return { memory, maximumBytes: pages * PAGE };
    } catch (error) {
      if (pages === INITIAL_PAGES) throw error;
      pages = Math.max(INITIAL_PAGES, pages >> 1);
    }
  }
}

/** Why the memory may not grow to `heap` bytes, or nothing if it may, up to the limit of all memories. */
export function memoryObstacle(heap: number, { maximumBytes }: HeapLimits): string | undefined {
  if (maximumBytes >= Math.min(heap - (heap % PAGE), MAXIMUM_PAGES * PAGE)) return undefined;
  return `heap of ${Math.round(maximumBytes / 2 ** 20)} MiB: the engine has no room for a larger one`;
}

/** Grows the memory to hold `bytes`, with a quarter to spare so that growing stays rare. */
export function grow({ memory, maximumBytes }: HeapLimits, bytes: number): boolean {
  const held = memory.buffer.byteLength;
  if (bytes <= held) return true;
  if (bytes > maximumBytes) return false;
  for (const wanted of [Math.max(bytes, held * 1.25), bytes]) {
    try {
      memory.grow(Math.ceil((Math.min(wanted, maximumBytes) - held) / PAGE));
      return true;
    } catch {
      // the system has less than the limit allows: try the bare need
    }
  }
  return false;
}
