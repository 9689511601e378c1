/**
 * f32-sparse-output-gradient: from dL/dy of y = activation(z), y in blocks and dL/dy in blocks or row-major, dL/dz in blocks
 * and its sum over the batch, the gradient of a bias.
 */
import { BLOCK, blockAt, blockWidth, clearBeyond, GROUP } from './layout';
import { transposeColumns } from './transpose';

// Parameters, as words.
const DY: usize = 0;
const Y: usize = 4;
/** Where dL/dz goes; 0 if it is dL/dy. */
const D: usize = 8;
/** f32[blocks, features], the sums over each block's examples. */
const SUMS: usize = 12;
const BATCH: usize = 16;
const FEATURES: usize = 20;
/** See gemmActivations for the numbers. */
const ACTIVATION: usize = 24;
const SLOPE: usize = 28;
/** Whether dL/dy is row-major; then dL/dz has a place of its own. */
const ROW_MAJOR: usize = 32;

/** Work items: groups of GROUP features, block after block. */
export function f32_sparse_output_gradient(p: usize, begin: i32, end: i32, scratch: usize): void {
  const activation = load<u32>(p, D) == 0 ? -1 : load<i32>(p, ACTIVATION);
  for (let item = begin; item < end; item++) {
    if (activation < 0) group(p, item, -1);
    else if (activation == 0) group(p, item, 0);
    else if (activation == 1) group(p, item, 1);
    else if (activation == 2) group(p, item, 2);
    else group(p, item, 3);
  }
}

/** dy · activation'(y), where the slope at a corner is that below it. */
// @ts-ignore: decorator
@inline
function gradient(dy: v128, y: usize, activation: i32, slope: v128): v128 {
  if (activation <= 0) return dy;
  const v = v128.load(y);
  const above = f32x4.gt(v, f32x4.splat(0));
  if (activation == 1) return v128.and(dy, above);
  if (activation == 2) return v128.and(dy, v128.and(above, f32x4.lt(v, f32x4.splat(6))));
  return v128.bitselect(dy, f32x4.mul(dy, slope), above);
}

// @ts-ignore: decorator
@inline
function group(p: usize, item: i32, activation: i32): void {
  const batch = load<i32>(p, BATCH);
  const features = load<i32>(p, FEATURES);
  const slope = v128.load32_splat(p + SLOPE);
  const groups = (features + GROUP - 1) / GROUP;
  const block = item / groups;
  const first = (item - block * groups) * GROUP;
  const count = min(GROUP, features - first);
  const width = blockWidth(block, batch);
  const bytes = <usize>width << 2;
  let from = <usize>load<u32>(p, DY);
  if (load<u32>(p, ROW_MAJOR) != 0) {
    const stride = <usize>features << 2;
    const own = from + <usize>(block * BLOCK) * stride + (<usize>first << 2);
    from = load<u32>(p, D);
    const to = blockAt(from, block, features) + <usize>first * bytes;
    const rows = min(BLOCK, batch - block * BLOCK);
    transposeColumns(own, stride, to, bytes, rows, count);
    clearBeyond(to, rows, width, count);
  }
  let dy = blockAt(from, block, features) + <usize>first * bytes;
  // From dy to y and d, to walk all by one address.
  const toY = <usize>load<u32>(p, Y) - from;
  const toD = <usize>load<u32>(p, D) - from;
  const begin = dy;
  let sums = <usize>load<u32>(p, SUMS) + (<usize>(block * features + first) << 2);
  for (let i = 0; i < count; i++) {
    let s0 = f32x4.splat(0), s1 = s0;
    for (const past = dy + bytes; dy < past; dy += 32) {
      const d0 = gradient(v128.load(dy), dy + toY, activation, slope);
      const d1 = gradient(v128.load(dy, 16), dy + toY + 16, activation, slope);
      if (activation >= 0) {
        v128.store(dy + toD, d0);
        v128.store(dy + toD, d1, 16);
      }
      s0 = f32x4.add(s0, d0);
      s1 = f32x4.add(s1, d1);
    }
    s0 = f32x4.add(s0, s1);
    store<f32>(sums, f32x4.extract_lane(s0, 0) + f32x4.extract_lane(s0, 1) + (f32x4.extract_lane(s0, 2) + f32x4.extract_lane(s0, 3)));
    sums += 4;
  }
  if (activation >= 0) clearBeyond(begin + toD, min(BLOCK, batch - block * BLOCK), width, count);
}

// Parameters of f32_sum_blocks.
const FROM: usize = 0;
const TO: usize = 4;
const BLOCKS: usize = 8;
const COUNT: usize = 12;

/** to[i] = the sum over blocks b of from[b][i]. Work items: runs of GROUP numbers. */
export function f32_sum_blocks(p: usize, begin: i32, end: i32, scratch: usize): void {
  const count = load<i32>(p, COUNT);
  const blocks = load<i32>(p, BLOCKS);
  const stride = <usize>count << 2;
  let to = <usize>load<u32>(p, TO) + (<usize>(begin * GROUP) << 2);
  let from = <usize>load<u32>(p, FROM) + (<usize>(begin * GROUP) << 2);
  const past = <usize>load<u32>(p, TO) + (<usize>min(end * GROUP, count) << 2);
  for (; to + 16 <= past; to += 16) {
    let sum = v128.load(from);
    for (let b = 1; b < blocks; b++) sum = f32x4.add(sum, v128.load(from + <usize>b * stride));
    v128.store(to, sum);
    from += 16;
  }
  for (; to < past; to += 4) {
    let sum = load<f32>(from);
    for (let b = 1; b < blocks; b++) sum += load<f32>(from + <usize>b * stride);
    store<f32>(to, sum);
    from += 4;
  }
}
