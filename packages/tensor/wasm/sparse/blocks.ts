/** f32-blocks: between row-major [batch, features] and the sparse products' layout of blocks. */
import { BLOCK, blockAt, blockWidth, GROUP } from './layout';
import { transposeColumnsFirst, transposeRowsFirst } from './transpose';

// Parameters, as words.
const ROW_MAJOR: usize = 0;
const BLOCKS: usize = 4;
const BATCH: usize = 8;
const FEATURES: usize = 12;

/** Work items: groups of GROUP features, block after block. */
export function f32_to_blocks(p: usize, begin: i32, end: i32, scratch: usize): void {
  const batch = load<i32>(p, BATCH);
  const features = load<i32>(p, FEATURES);
  const stride = <usize>features << 2;
  const groups = (features + GROUP - 1) / GROUP;
  for (let item = begin; item < end; item++) {
    const block = item / groups;
    const feature = (item - block * groups) * GROUP;
    const width = blockWidth(block, batch);
    const rows = min(BLOCK, batch - block * BLOCK);
    const columns = min(GROUP, features - feature);
    const from = load<u32>(p, ROW_MAJOR) + <usize>(block * BLOCK) * stride + (<usize>feature << 2);
    const to = blockAt(load<u32>(p, BLOCKS), block, features) + (<usize>(feature * width) << 2);
    transposeRowsFirst(from, stride, to, <usize>width << 2, rows, columns);
    for (let c = 0; c < columns; c++) {
      for (let r = rows; r < width; r++) store<f32>(to + (<usize>(c * width + r) << 2), 0);
    }
  }
}

/** Work items: groups of GROUP features, block after block. */
export function f32_from_blocks(p: usize, begin: i32, end: i32, scratch: usize): void {
  const batch = load<i32>(p, BATCH);
  const features = load<i32>(p, FEATURES);
  const stride = <usize>features << 2;
  const groups = (features + GROUP - 1) / GROUP;
  for (let item = begin; item < end; item++) {
    const block = item / groups;
    const feature = (item - block * groups) * GROUP;
    const width = blockWidth(block, batch);
    const from = blockAt(load<u32>(p, BLOCKS), block, features) + (<usize>(feature * width) << 2);
    const to = load<u32>(p, ROW_MAJOR) + <usize>(block * BLOCK) * stride + (<usize>feature << 2);
    transposeColumnsFirst(from, <usize>width << 2, to, stride, min(GROUP, features - feature), min(BLOCK, batch - block * BLOCK));
  }
}
