import type { Kernels } from '../../src/runtime/kernels.ts';

export type Values = Float32Array | Float64Array | Int32Array | Uint8Array;

/** Bytes before and after a block that must stay as they are. */
const MARGIN = 64;
const UNTOUCHED = 0xa5;

/** Blocks of the heap for one kernel call; {@link release} frees them and fails if a kernel wrote beside one. */
export class Blocks {
  readonly #kernels: Kernels;
  readonly #blocks: { pointer: number; bytes: number }[] = [];

  constructor(kernels: Kernels) {
    this.#kernels = kernels;
  }

  /** Address of a block that holds `values`. */
  place(values: Values): number {
    const { heap } = this.#kernels;
    const bytes = values.byteLength;
    const pointer = heap.allocate(bytes + 2 * MARGIN);
    heap.bytes.fill(UNTOUCHED, pointer, pointer + bytes + 2 * MARGIN);
    heap.bytes.set(new Uint8Array(values.buffer, values.byteOffset, bytes), pointer + MARGIN);
    this.#blocks.push({ pointer, bytes });
    return pointer + MARGIN;
  }

  /** A copy of `into.length` values from `address` on. */
  read<T extends Values>(address: number, into: T): T {
    new Uint8Array(into.buffer, into.byteOffset, into.byteLength).set(
      this.#kernels.heap.bytes.subarray(address, address + into.byteLength),
    );
    return into;
  }

  release(): void {
    const { heap } = this.#kernels;
    for (const { pointer, bytes } of this.#blocks) {
      for (let i = 0; i < MARGIN; i++) {
        for (const at of [pointer + i, pointer + MARGIN + bytes + i]) {
          if (heap.bytes[at] !== UNTOUCHED)
            throw new Error(`a kernel wrote ${at < pointer + MARGIN ? 'before' : 'after'} a block of ${bytes} bytes`);
        }
      }
      heap.release(pointer, bytes + 2 * MARGIN);
    }
    this.#blocks.length = 0;
  }
}
