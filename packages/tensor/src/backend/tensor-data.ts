import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import type { TfjsModule } from '../runtime/tfjs-module.ts';

type StringBytes = Uint8Array[];

/** Values in another layout than tfjs's, in a block of the heap of their own, until somebody asks for them as tfjs lays them out. */
export interface OtherLayout {
  /** Address of the block. */
  readonly address: number;
  /** Writes them as tfjs lays them out to a new block, of which it gives the address, and frees the other one. */
  settle(): number;
  /** Frees the block. */
  release(): void;
}

let numbers = 1;

/**
 * What the backend knows of a tensor's data. It is its own data id, so that finding it costs nothing.
 *
 * tfjs's kernels know tensors by number; most tensors never meet one, so the number is given on first use.
 */
export class TensorData {
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
  /** Set while the values lie in another layout. */
  layout: OtherLayout | undefined;
  /** What was derived from the values, as they are in another layout, until they are written to or disposed of. */
  copy: OtherLayout | undefined;
  readonly #module: TfjsModule;
  #offset: number;
  #id = 0;

  constructor(module: TfjsModule, { offset, shape, dtype, size, bytes, strings, foreign = false, layout }: TensorDataFields) {
    this.#module = module;
    this.#offset = offset;
    this.layout = layout;
    this.shape = shape;
    this.dtype = dtype;
    this.size = size;
    this.bytes = bytes;
    this.stringBytes = strings;
    this.foreign = foreign;
  }

  /** Address of the values as tfjs lays them out. */
  get memoryOffset(): number {
    if (this.layout !== undefined) {
      this.#offset = this.layout.settle();
      this.layout = undefined;
    }
    return this.#offset;
  }

  /** Address of the values as they lie now. */
  get blockAddress(): number {
    return this.layout === undefined ? this.#offset : this.layout.address;
  }

  get id(): number {
    if (this.#id === 0) {
      this.#id = numbers++;
      this.#module.tfjs.registerTensor(this.#id, this.size, this.memoryOffset);
    }
    return this.#id;
  }

  /** Drops what was derived from the values: a copy in another layout, and what tfjs's module knows of the tensor. */
  forget(): void {
    this.copy?.release();
    this.copy = undefined;
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
  readonly layout?: OtherLayout;
}
