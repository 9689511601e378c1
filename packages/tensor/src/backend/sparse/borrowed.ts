import type { XBackend } from '../backend.ts';

/** A block of the heap of so many values, for as long as `use` takes. */
export function borrowed<T>({ heap }: XBackend, values: number, use: (address: number) => T): T {
  const bytes = Math.max(4, values * 4);
  const at = heap.allocate(bytes);
  try {
    return use(at);
  } finally {
    heap.release(at, bytes);
  }
}
