// `@x/tensor/storage`: numbers of a training step in fewer bits, on the kernel family `storage`.
export { compress, restore, type CompressedTensor, type CompressOptions } from './ops/storage/compress.ts';
export { compressBounded, restoreBounded, type BoundedTensor } from './ops/storage/compress-bounded.ts';
export { positiveBits, wherePositive } from './ops/storage/positive-bits.ts';
export { roundTensor, type FloatBlocks, type RoundedTensor, type RoundOptions } from './ops/storage/round-tensor.ts';
export type { RoundingCounts } from './kernels/reference/storage/round.ts';
export type { NonFinite, SmallFloat } from './kernels/storage/small-float.ts';
