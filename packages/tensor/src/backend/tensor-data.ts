import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import type { TfjsModule } from '../runtime/tfjs-module.ts';

type StringBytes = Uint8Array[];

let numbers = 1;

/**
 * What the backend knows of a tensor's data. It is its own data id, so that finding it costs nothing.
 *
 * tfjs's kernels know tensors by number; most tensors never meet one, so the number is given on first use.
 */
export class TensorData {
  readonly memoryOffset: number;
  readonly shape: number[];
  readonly dtype: DataType;
  readonly size: number;
  /** Bytes of the block on the heap. */
  readonly bytes: number;
  /** The values of a string tensor, which are not on the heap. */
  stringBytes: StringBytes | undefined;
  /** The tensors that a complex tensor is of, which it owns; it has no block itself. */
  parts: { readonly real: TensorInfo; readonly imag: TensorInfo } | undefined;
  /** Whether the block came from the module's own allocator. */
  readonly foreign: boolean;
  refCount = 1;
  /** What holds it under its own identity; nothing once it is disposed of, or another backend took it over. */
  holder: object | undefined;
  /** Whether its backend ended before it was disposed of. */
  lost = false;
  readonly #module: TfjsModule;
  #id = 0;

  constructor(module: TfjsModule, { offset, shape, dtype, size, bytes, strings, foreign = false }: TensorDataFields) {
    this.#module = module;
    this.memoryOffset = offset;
    this.shape = shape;
    this.dtype = dtype;
    this.size = size;
    this.bytes = bytes;
    this.stringBytes = strings;
    this.foreign = foreign;
  }

  get id(): number {
    if (this.#id === 0) {
      this.#id = numbers++;
      this.#module.tfjs.registerTensor(this.#id, this.size, this.memoryOffset);
    }
    return this.#id;
  }

  /** Makes tfjs's module forget the tensor, and what it may have derived from its values. */
  forget(): void {
    if (this.#id === 0) return;
    this.#module.tfjs.disposeData(this.#id);
    this.#id = 0;
  }
}

export interface TensorDataFields {
  readonly offset: number;
  readonly shape: number[];
  readonly dtype: DataType;
  readonly size: number;
  readonly bytes: number;
  readonly strings?: StringBytes | undefined;
  readonly foreign?: boolean;
}
