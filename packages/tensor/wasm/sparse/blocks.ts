/** f32-to-blocks and f32-from-blocks: row-major [batch, features] and the sparse products' layout of blocks. */
import { BLOCK, blockAt, blockWidth, clearBeyond, GROUP } from './layout';
import { transposeColumns, transposeRows } from './transpose';

// Parameters, as words.
const ROW_MAJOR: usize = 0;
const BLOCKS: usize = 4;
const BATCH: usize = 8;
const FEATURES: usize = 12;

/** Work items: groups of GROUP features, block after block. */
export function f32_to_blocks(p: usize, begin: i32, end: i32, scratch: usize): void {
  for (let item = begin; item < end; item++) group(p, item, true);
}

/** Work items likewise. */
export function f32_from_blocks(p: usize, begin: i32, end: i32, scratch: usize): void {
  for (let item = begin; item < end; item++) group(p, item, false);
}

// @ts-ignore: decorator
@inline
function group(p: usize, item: i32, toBlocks: bool): void {
  const batch = load<i32>(p, BATCH);
  const features = load<i32>(p, FEATURES);
  const stride = <usize>features << 2;
  const groups = (features + GROUP - 1) / GROUP;
  const block = item / groups;
  const feature = (item - block * groups) * GROUP;
  const width = blockWidth(block, batch);
  const bytes = <usize>width << 2;
  const rows = min(BLOCK, batch - block * BLOCK);
  const columns = min(GROUP, features - feature);
  const rowMajor = load<u32>(p, ROW_MAJOR) + <usize>(block * BLOCK) * stride + (<usize>feature << 2);
  const blocks = blockAt(load<u32>(p, BLOCKS), block, features) + <usize>feature * bytes;
  if (toBlocks) {
    transposeColumns(rowMajor, stride, blocks, bytes, rows, columns);
    clearBeyond(blocks, rows, width, columns);
  } else transposeRows(blocks, bytes, rowMajor, stride, columns, rows);
}
