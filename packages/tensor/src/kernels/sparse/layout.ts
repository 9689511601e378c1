/** Examples of a block: see wasm/sparse/layout.ts. */
export const BLOCK = 64;
/** Rows or features that the kernels work on together. */
export const GROUP = 32;

/** Blocks that so many examples are laid out in. */
export function blockCount(batch: number): number {
  return Math.ceil(batch / BLOCK);
}

/** Examples that the blocks have room for: whole blocks, the last one as wide as its examples need in steps of 8. */
export function paddedBatch(batch: number): number {
  return Math.ceil(batch / 8) * 8;
}
