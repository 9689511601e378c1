import type { Kernels } from '../../runtime/kernels.ts';

/** Numbers of a chunk, and what it takes at most: see wasm/storage/bounded.ts. */
const CHUNK = 4096;
const STRIDE = 16512;
const NONE = 64;

/** Rounding to float32 adds at most this share of the bound to an error, up to {@link mostSteps} steps. */
const MARGIN = 2 ** -7;
/** Numbers from here on are kept as they are. */
export const mostSteps = 16384;

/** The step whose halves are within a bound, float32. */
export function stepOfBound(bound: number): number {
  return Math.fround(2 * bound * (1 - MARGIN));
}

/** Which bits of a byte are set, and how many before each that is. */
const tables = new Uint8Array(4096).fill(NONE);
for (let byte = 0; byte < 256; byte++) {
  for (let bit = 0, rank = 0; bit < 8; bit++) {
    if (((byte >> bit) & 1) === 0) continue;
    tables[byte * 8 + rank] = bit;
    tables[2048 + byte * 8 + bit] = rank++;
  }
}

/** Words that say where each chunk begins. */
export function chunksOf(count: number): number {
  return Math.ceil(count / CHUNK);
}

/**
 * Numbers to whole steps in few bits.
 *
 * @param place Makes room for so many words and gives its address; not called where a number is NaN or infinite.
 * @returns false if one is.
 */
export function boundFloats(kernels: Kernels, x: number, count: number, step: number, place: (words: number) => number): boolean {
  const { heap, threads } = kernels;
  const chunks = chunksOf(count);
  const sizes = 4 * (chunks + 2);
  const bytes = sizes + tables.length + chunks * STRIDE;
  const at = heap.allocate(bytes);
  try {
    const [flag, table, room] = [at + sizes - 4, at + sizes, at + sizes + tables.length];
    heap.words[flag / 4] = 0;
    heap.bytes.set(tables, table);
    const write = (out: number): void => {
      const p = threads.parameters();
      threads.words.set([x, count, 0, 0, room, at, out, table, flag], p);
      threads.floats[p + 2] = step;
      threads.floats[p + 3] = 1 / step;
    };
    write(0);
    threads.run(kernels.number('f32_bound'), chunks, 4);
    if (heap.words[flag / 4] !== 0) return false;
    const first = at / 4;
    let end = 4 * chunks;
    const { words } = heap;
    for (let chunk = 0; chunk <= chunks; chunk++) {
      const size = words[first + chunk] as number;
      words[first + chunk] = end;
      end += chunk < chunks ? size : 0;
    }
    const all = Math.ceil(end / 4);
    const out = place(all);
    if (all > 0) heap.words[out / 4 + all - 1] = 0;
    heap.words.copyWithin(out / 4, first, first + chunks);
    write(out);
    threads.run(kernels.number('f32_bound_gather'), chunks, 16);
    return true;
  } finally {
    heap.release(at, bytes);
  }
}

/** The numbers again. */
export function unboundFloats(kernels: Kernels, codes: number, x: number, count: number, step: number): void {
  const { heap, threads } = kernels;
  const table = heap.allocate(tables.length);
  heap.bytes.set(tables, table);
  const p = threads.parameters();
  threads.words.set([x, count, 0, 0, 0, codes, codes, table], p);
  threads.floats[p + 2] = step;
  threads.run(kernels.number('f32_unbound'), chunksOf(count), 4);
  heap.release(table, tables.length);
}
