import type { TensorInfo } from '@tensorflow/tfjs-core';
import { fromBlocks, toBlocks } from '../../kernels/sparse/blocks.ts';
import { paddedBatch } from '../../kernels/sparse/layout.ts';
import type { XBackend } from '../backend.ts';
import type { OtherLayout } from '../tensor-data.ts';
import { borrowed } from './borrowed.ts';

/**
 * A batch [batch, features] in the sparse products' layout of blocks. From one sparse layer to the next it stays in it; whoever
 * else asks for the tensor's values gets them row-major.
 */
class InBlocks implements OtherLayout {
  readonly address: number;
  readonly batch: number;
  readonly features: number;
  readonly #backend: XBackend;
  readonly #bytes: number;

  constructor(backend: XBackend, batch: number, features: number) {
    this.#backend = backend;
    this.#bytes = paddedBatch(batch) * features * 4;
    this.address = backend.heap.allocate(this.#bytes);
    this.batch = batch;
    this.features = features;
  }

  settle(): number {
    const { batch, features, address } = this;
    const { heap, kernels } = this.#backend;
    const rowMajor = heap.allocate(batch * features * 4);
    // The tensor's own, whatever becomes of the kernel that asks for it.
    heap.forget(rowMajor);
    fromBlocks(kernels, { rowMajor, blocks: address, batch, features });
    this.release();
    return rowMajor;
  }

  release(): void {
    this.#backend.heap.release(this.address, this.#bytes);
  }
}

/** A new tensor [batch, features] in blocks, and their address, to be written to. */
export function makeInBlocks(
  backend: XBackend,
  batch: number,
  features: number,
): { readonly tensor: TensorInfo; readonly address: number } {
  const layout = new InBlocks(backend, batch, features);
  return { tensor: backend.makeLaidOut([batch, features], layout), address: layout.address };
}

/** Whether a tensor [batch, features] lies in blocks as it is. */
export function liesInBlocks(backend: XBackend, { dataId, shape }: TensorInfo): boolean {
  return isOf(backend.dataIdMap.get(dataId).layout, shape);
}

function isOf(layout: OtherLayout | undefined, shape: readonly number[]): boolean {
  return layout instanceof InBlocks && layout.batch === shape[0] && layout.features === shape[1];
}

/** Addresses of tensors [batch, features] in blocks, for as long as `use` takes, which may ask for no tensor's address. */
export function inBlocks<T>(backend: XBackend, tensors: readonly TensorInfo[], use: (...addresses: number[]) => T): T {
  // First those that another shape is asked of, because asking settles them.
  const rowMajor = tensors.map((tensor) => (liesInBlocks(backend, tensor) ? undefined : backend.address(tensor)));
  const next = (addresses: number[]): T => {
    const index = addresses.length;
    if (index === tensors.length) return use(...addresses);
    const tensor = tensors[index] as TensorInfo;
    const data = backend.data(tensor);
    if (liesInBlocks(backend, tensor)) return next([...addresses, data.blockAddress]);
    if (isOf(data.copy, tensor.shape)) return next([...addresses, data.copy!.address]);
    const [batch, features] = tensor.shape as [number, number];
    return borrowed(backend, paddedBatch(batch) * features, (blocks) => {
      toBlocks(backend.kernels, { rowMajor: rowMajor[index] ?? backend.address(tensor), blocks, batch, features });
      return next([...addresses, blocks]);
    });
  };
  return next([]);
}

/** Keeps a row-major tensor [batch, features] in blocks too, for the backward pass, which lets go of them by {@link dropCopy}. */
export function keepInBlocks(backend: XBackend, tensor: TensorInfo): void {
  const data = backend.data(tensor);
  if (liesInBlocks(backend, tensor)) return;
  const [batch, features] = tensor.shape as [number, number];
  const rowMajor = backend.address(tensor);
  const copy = new InBlocks(backend, batch, features);
  toBlocks(backend.kernels, { rowMajor, blocks: copy.address, batch, features });
  // The tensor's own, whatever becomes of the kernel that keeps it.
  backend.heap.forget(copy.address);
  data.copy?.release();
  data.copy = copy;
}

/** Lets go of what {@link keepInBlocks} kept. */
export function dropCopy(backend: XBackend, tensor: TensorInfo): void {
  const data = backend.data(tensor);
  data.copy?.release();
  data.copy = undefined;
}
