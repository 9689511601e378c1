/**
 * f32-sparse-output-gradient: from dL/dy of y = activation(z), both row-major [batch, features], dL/dz in blocks and its
 * sum over the batch, the gradient of a bias, in one pass.
 */
import { BLOCK, blockAt, blockWidth, clearBeyond, GROUP } from './layout';
import { storeTransposed } from './transpose';

// Parameters, as words.
const DY: usize = 0;
const Y: usize = 4;
const BLOCKS: usize = 8;
const BIAS: usize = 12;
const BATCH: usize = 16;
const FEATURES: usize = 20;
/** See gemmActivations for the numbers. */
const ACTIVATION: usize = 24;
const SLOPE: usize = 28;

/** Work items: groups of GROUP features. */
export function f32_sparse_output_gradient(p: usize, begin: i32, end: i32, scratch: usize): void {
  const features = load<i32>(p, FEATURES);
  const activation = load<i32>(p, ACTIVATION);
  for (let item = begin; item < end; item++) {
    const first = item * GROUP;
    const count = min(GROUP, features - first);
    const fours = count >> 2;
    if (activation == 0) group(p, first, fours, 0);
    else if (activation == 1) group(p, first, fours, 1);
    else if (activation == 2) group(p, first, fours, 2);
    else group(p, first, fours, 3);
    for (let feature = first + (fours << 2); feature < first + count; feature++) single(p, feature);
  }
}

/** dy · activation'(y), where the slope at a corner is that below it. */
// @ts-ignore: decorator
@inline
function gradient(dy: v128, y: usize, activation: i32, slope: v128): v128 {
  if (activation == 0) return dy;
  const v = v128.load(y);
  const above = f32x4.gt(v, f32x4.splat(0));
  if (activation == 1) return v128.and(dy, above);
  if (activation == 2) return v128.and(dy, v128.and(above, f32x4.lt(v, f32x4.splat(6))));
  return v128.bitselect(dy, f32x4.mul(dy, slope), above);
}

/** Four features a vector. */
// @ts-ignore: decorator
@inline
function group(p: usize, feature: i32, fours: i32, activation: i32): void {
  const batch = load<i32>(p, BATCH);
  const features = load<i32>(p, FEATURES);
  const slope = v128.load32_splat(p + SLOPE);
  const stride = <usize>features << 2;
  const past = <usize>fours << 4;
  let dy = <usize>load<u32>(p, DY) + (<usize>feature << 2);
  // From dy to y, to walk both by one address.
  const beside = <usize>load<u32>(p, Y) - <usize>load<u32>(p, DY);
  const bias = <usize>load<u32>(p, BIAS) + (<usize>feature << 2);
  for (let i: usize = 0; i < past; i += 16) v128.store(bias + i, f32x4.splat(0));
  for (let block = 0; block * BLOCK < batch; block++) {
    const width = blockWidth(block, batch);
    const rows = min(BLOCK, batch - block * BLOCK);
    const bytes = <usize>width << 2;
    const first = blockAt(load<u32>(p, BLOCKS), block, features) + <usize>feature * bytes;
    let to = first;
    let r = 0;
    for (; r + 4 <= rows; r += 4) {
      let line = to;
      for (let i: usize = 0; i < past; i += 16) {
        const at = dy + i;
        const v0 = gradient(v128.load(at), at + beside, activation, slope);
        const v1 = gradient(v128.load(at + stride), at + stride + beside, activation, slope);
        const v2 = gradient(v128.load(at + stride * 2), at + stride * 2 + beside, activation, slope);
        const v3 = gradient(v128.load(at + stride * 3), at + stride * 3 + beside, activation, slope);
        storeTransposed(v0, v1, v2, v3, line, bytes);
        v128.store(bias + i, f32x4.add(v128.load(bias + i), f32x4.add(f32x4.add(v0, v1), f32x4.add(v2, v3))));
        line += bytes << 2;
      }
      dy += stride << 2;
      to += 16;
    }
    for (; r < rows; r++) {
      let line = to;
      for (let i: usize = 0; i < past; i += 16) {
        const v = gradient(v128.load(dy + i), dy + i + beside, activation, slope);
        v128.store32_lane(line, v, 0);
        v128.store32_lane(line + bytes, v, 1);
        v128.store32_lane(line + bytes * 2, v, 2);
        v128.store32_lane(line + bytes * 3, v, 3);
        v128.store(bias + i, f32x4.add(v128.load(bias + i), v));
        line += bytes << 2;
      }
      dy += stride;
      to += 4;
    }
    clearBeyond(first, rows, width, fours << 2);
  }
}

/** One of the last features, where they fill no vector. */
function single(p: usize, feature: i32): void {
  const batch = load<i32>(p, BATCH);
  const features = load<i32>(p, FEATURES);
  const activation = load<i32>(p, ACTIVATION);
  const slope = load<f32>(p, SLOPE);
  let sum: f32 = 0;
  for (let block = 0; block * BLOCK < batch; block++) {
    const width = blockWidth(block, batch);
    const rows = min(BLOCK, batch - block * BLOCK);
    const to = blockAt(load<u32>(p, BLOCKS), block, features) + (<usize>(feature * width) << 2);
    for (let r = 0; r < rows; r++) {
      const at = (<usize>(block * BLOCK + r) * <usize>features + <usize>feature) << 2;
      let dz = load<f32>(<usize>load<u32>(p, DY) + at);
      if (activation != 0) {
        const y = load<f32>(<usize>load<u32>(p, Y) + at);
        const flat = !(y > 0) || (activation == 2 && !(y < 6));
        if (flat) dz = activation == 3 ? dz * slope : 0;
      }
      store<f32>(to + (<usize>r << 2), dz);
      sum += dz;
    }
    clearBeyond(to, rows, width, 1);
  }
  store<f32>(<usize>load<u32>(p, BIAS) + (<usize>feature << 2), sum);
}
