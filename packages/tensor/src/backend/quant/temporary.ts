import type { Kernels } from '../../runtime/kernels.ts';

/** Blocks of the heap for the time of one call. */
export class Temporary {
  readonly #kernels: Kernels;
  readonly #blocks: [address: number, bytes: number][] = [];

  constructor(kernels: Kernels) {
    this.#kernels = kernels;
  }

  allocate(bytes: number): number {
    const address = this.#kernels.heap.allocate(bytes);
    this.#blocks.push([address, bytes]);
    return address;
  }

  /** A block that holds the values. */
  put(values: Float32Array | Int32Array): number {
    const address = this.allocate(values.byteLength);
    this.#kernels.heap.bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), address);
    return address;
  }

  release(): void {
    for (const [address, bytes] of this.#blocks) this.#kernels.heap.release(address, bytes);
    this.#blocks.length = 0;
  }
}

/** Runs what needs temporary blocks, and frees them whatever happens. */
export function withTemporary<T>(kernels: Kernels, run: (temporary: Temporary) => T): T {
  const temporary = new Temporary(kernels);
  try {
    return run(temporary);
  } finally {
    temporary.release();
  }
}
