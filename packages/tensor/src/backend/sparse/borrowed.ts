import type { TensorInfo } from '@tensorflow/tfjs-core';
import { toBlocks } from '../../kernels/sparse/blocks.ts';
import { paddedBatch } from '../../kernels/sparse/layout.ts';
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

/** x[batch, features] in the sparse products' layout, for as long as `use` takes. */
export function inBlocks<T>(backend: XBackend, x: TensorInfo, use: (address: number) => T): T {
  const [batch, features] = x.shape as [number, number];
  return borrowed(backend, paddedBatch(batch) * features, (blocks) => {
    toBlocks(backend.kernels, { rowMajor: backend.address(x), blocks, batch, features });
    return use(blocks);
  });
}
