/** f32-to-blocks: row-major [batch, features] in the sparse products' layout of blocks. */
import { BLOCK, blockAt, blockWidth, clearBeyond, GROUP } from './layout';
import { transposeColumns } from './transpose';

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
    transposeColumns(from, stride, to, <usize>width << 2, rows, columns);
    clearBeyond(to, rows, width, columns);
  }
}
