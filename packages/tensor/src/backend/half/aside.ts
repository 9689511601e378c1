import type { TensorInfo } from '@tensorflow/tfjs-core';
import { putBack, setAside, setAsideAgain, type HalfAside } from '../../kernels/half-aside.ts';
import type { XBackend } from '../backend.ts';
import type { OtherLayout, TensorData } from '../tensor-data.ts';

/**
 * Codes of float16 with some set aside: the tensor's layout until somebody asks for its address, who finds them put back. The list stays
 * with the tensor after that.
 */
class CodesAside implements OtherLayout {
  readonly aside: HalfAside | undefined;
  readonly rows: number;
  readonly columns: number;
  readonly #backend: XBackend;
  readonly #data: TensorData;
  #apart = false;

  constructor(backend: XBackend, data: TensorData, rows: number, columns: number) {
    this.#backend = backend;
    this.#data = data;
    this.rows = rows;
    this.columns = columns;
    const matrix = data.memoryOffset;
    this.aside = setAside(backend.kernels, matrix, rows, columns);
    if (!this.aside) {
      data.copy = this;
      return;
    }
    // The tensor's own, whatever becomes of the kernel that made it.
    backend.heap.forget(this.aside.list);
    this.#take();
  }

  get address(): number {
    return this.aside!.matrix;
  }

  #take(): void {
    this.#apart = true;
    this.#data.copy = undefined;
    // tfjs's module, which knows the block by a number, asks for its address anew.
    this.#data.forget();
    this.#data.layout = this;
  }

  /** Sets the codes aside once more. */
  again(): void {
    if (!this.aside || this.#apart) return;
    setAsideAgain(this.#backend.kernels, this.aside);
    this.#take();
  }

  settle(): number {
    putBack(this.#backend.kernels, this.aside!);
    this.#apart = false;
    this.#data.copy = this;
    return this.address;
  }

  release(): void {
    const { heap } = this.#backend;
    if (this.aside) heap.release(this.aside.list, this.aside.bytes);
    if (this.#apart) heap.release(this.address, this.#data.bytes);
  }
}

/** Sets aside what widening a float16 matrix would be slow for, if it isn't yet; undefined if that isn't worth it. The codes' address is that of the block then. */
export function codesAside(backend: XBackend, bits: TensorInfo, rows: number, columns: number): HalfAside | undefined {
  const data = backend.data(bits);
  const known = data.layout ?? data.copy;
  if (known instanceof CodesAside && known.rows === rows && known.columns === columns) {
    known.again();
    return known.aside;
  }
  // tfjs's module frees its own blocks.
  if (data.foreign) return undefined;
  // Puts back what was set aside by another shape.
  backend.address(bits);
  data.forget();
  return new CodesAside(backend, data, rows, columns).aside;
}
