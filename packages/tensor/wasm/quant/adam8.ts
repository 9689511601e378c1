/**
 * adam8: AdamW in place, its two running means kept as 8-bit codes of the dynamic map with a scale for each block of elements. A block is
 * decoded, updated in float32 and encoded again. The twin is src/kernels/reference/quant/adam8.ts, and it's equal to that in every tier.
 */

// Parameters, as words.
const W: usize = 0;
const G: usize = 4;
const M: usize = 8;
const V: usize = 12;
const M_SCALES: usize = 16;
const V_SCALES: usize = 20;
const COUNT: usize = 24;
const BLOCK: usize = 28;
/** For the signed and the unsigned map: f32[256] codes, f32[256] bounds, and u8[65536] codes by upper bits. */
const SIGNED: usize = 32;
const UNSIGNED: usize = 36;
const RATE: usize = 40;
const ROOT: usize = 44;
const KEEP: usize = 48;
const BETA1: usize = 52;
const FRESH1: usize = 56;
const BETA2: usize = 60;
const FRESH2: usize = 64;
const EPSILON: usize = 68;

const BOUNDS: usize = 1024;
const BY_BITS: usize = 2048;

/** Work items: blocks. */
export function f32_adam8(p: usize, begin: i32, end: i32, scratch: usize): void {
  const block = load<i32>(p, BLOCK);
  const total = load<i32>(p, COUNT);
  const signed = load<u32>(p, SIGNED);
  const unsigned = load<u32>(p, UNSIGNED);
  const squares = scratch + (((<usize>block << 2) + 63) & ~63);
  for (let item = begin; item < end; item++) {
    const first = item * block;
    const count = min(block, total - first);
    const m = load<u32>(p, M) + first;
    const v = load<u32>(p, V) + first;
    const mScale = load<u32>(p, M_SCALES) + (<usize>item << 2);
    const vScale = load<u32>(p, V_SCALES) + (<usize>item << 2);
    decode(m, count, signed, scratch);
    decode(v, count, unsigned, squares);
    update(p, first, count, scratch, squares, load<f32>(mScale), load<f32>(vScale));
    store<f32>(mScale, encode(scratch, count, m, signed));
    store<f32>(vScale, encode(squares, count, v, unsigned));
  }
}

function decode(codes: usize, count: i32, map: usize, to: usize): void {
  let k = 0;
  for (; k + 4 <= count; k += 4) {
    const word = load<u32>(codes);
    store<u32>(to, load<u32>(map + ((word & 255) << 2)));
    store<u32>(to, load<u32>(map + (((word >> 8) & 255) << 2)), 4);
    store<u32>(to, load<u32>(map + (((word >> 16) & 255) << 2)), 8);
    store<u32>(to, load<u32>(map + ((word >> 24) << 2)), 12);
    codes += 4;
    to += 16;
  }
  for (; k < count; k++) {
    store<u32>(to, load<u32>(map + (<usize>load<u8>(codes) << 2)));
    codes++;
    to += 4;
  }
}

function update(p: usize, first: i32, count: i32, means: usize, squares: usize, mScale: f32, vScale: f32): void {
  const w = load<u32>(p, W) + (<usize>first << 2);
  const g = load<u32>(p, G) + (<usize>first << 2);
  const rate = f32x4.splat(load<f32>(p, RATE));
  const root = f32x4.splat(load<f32>(p, ROOT));
  const keep = f32x4.splat(load<f32>(p, KEEP));
  const beta1 = f32x4.splat(load<f32>(p, BETA1));
  const fresh1 = f32x4.splat(load<f32>(p, FRESH1));
  const beta2 = f32x4.splat(load<f32>(p, BETA2));
  const fresh2 = f32x4.splat(load<f32>(p, FRESH2));
  const epsilon = f32x4.splat(load<f32>(p, EPSILON));
  const ms = f32x4.splat(mScale);
  const vs = f32x4.splat(vScale);
  const bytes = <usize>count << 2;
  let k: usize = 0;
  for (; k + 32 <= bytes; k += 32) {
    const g0 = v128.load(g + k);
    const g1 = v128.load(g + k, 16);
    // Not fused, so that it's the same in every tier.
    const m0 = f32x4.add(f32x4.mul(beta1, f32x4.mul(v128.load(means + k), ms)), f32x4.mul(fresh1, g0));
    const m1 = f32x4.add(f32x4.mul(beta1, f32x4.mul(v128.load(means + k, 16), ms)), f32x4.mul(fresh1, g1));
    const v0 = f32x4.add(f32x4.mul(beta2, f32x4.mul(v128.load(squares + k), vs)), f32x4.mul(fresh2, f32x4.mul(g0, g0)));
    const v1 = f32x4.add(f32x4.mul(beta2, f32x4.mul(v128.load(squares + k, 16), vs)), f32x4.mul(fresh2, f32x4.mul(g1, g1)));
    const s0 = f32x4.div(f32x4.mul(rate, m0), f32x4.add(f32x4.mul(root, f32x4.sqrt(v0)), epsilon));
    const s1 = f32x4.div(f32x4.mul(rate, m1), f32x4.add(f32x4.mul(root, f32x4.sqrt(v1)), epsilon));
    v128.store(means + k, m0);
    v128.store(means + k, m1, 16);
    v128.store(squares + k, v0);
    v128.store(squares + k, v1, 16);
    v128.store(w + k, f32x4.sub(f32x4.mul(keep, v128.load(w + k)), s0));
    v128.store(w + k, f32x4.sub(f32x4.mul(keep, v128.load(w + k, 16)), s1), 16);
  }
  for (; k < bytes; k += 4) {
    const g0 = v128.load32_zero(g + k);
    const m0 = f32x4.add(f32x4.mul(beta1, f32x4.mul(v128.load32_zero(means + k), ms)), f32x4.mul(fresh1, g0));
    const v0 = f32x4.add(f32x4.mul(beta2, f32x4.mul(v128.load32_zero(squares + k), vs)), f32x4.mul(fresh2, f32x4.mul(g0, g0)));
    const s0 = f32x4.div(f32x4.mul(rate, m0), f32x4.add(f32x4.mul(root, f32x4.sqrt(v0)), epsilon));
    v128.store32_lane(means + k, m0, 0);
    v128.store32_lane(squares + k, v0, 0);
    v128.store32_lane(w + k, f32x4.sub(f32x4.mul(keep, v128.load32_zero(w + k)), s0), 0);
  }
}

/** Writes codes of a block and gives its scale. */
function encode(values: usize, count: i32, codes: usize, map: usize): f32 {
  const bytes = <usize>count << 2;
  let a = f32x4.splat(0);
  let b = a;
  let k: usize = 0;
  for (; k + 32 <= bytes; k += 32) {
    a = f32x4.max(a, f32x4.abs(v128.load(values + k)));
    b = f32x4.max(b, f32x4.abs(v128.load(values + k, 16)));
  }
  a = f32x4.max(a, b);
  let largest = max(max(f32x4.extract_lane(a, 0), f32x4.extract_lane(a, 1)), max(f32x4.extract_lane(a, 2), f32x4.extract_lane(a, 3)));
  for (; k < bytes; k += 4) largest = max(largest, abs(load<f32>(values + k)));
  const inverse: f32 = largest > 0 ? 1 / largest : 0;
  const scale = f32x4.splat(inverse);
  for (k = 0; k + 32 <= bytes; k += 32) {
    v128.store(values + k, f32x4.mul(v128.load(values + k), scale));
    v128.store(values + k, f32x4.mul(v128.load(values + k, 16), scale), 16);
  }
  for (; k < bytes; k += 4) store<f32>(values + k, load<f32>(values + k) * inverse);
  let j = 0;
  for (; j + 4 <= count; j += 4) {
    store<u32>(codes, code(values, map) | (code(values + 4, map) << 8) | (code(values + 8, map) << 16) | (code(values + 12, map) << 24));
    codes += 4;
    values += 16;
  }
  for (; j < count; j++) {
    store<u8>(codes, <u8>code(values, map));
    codes++;
    values += 4;
  }
  return largest;
}

// @ts-ignore: decorator
@inline
function code(at: usize, map: usize): u32 {
  const guess = <u32>load<u8>(map + BY_BITS + <usize>load<u16>(at, 2));
  return guess + u32(load<f32>(at) > load<f32>(map + BOUNDS + (<usize>guess << 2)));
}
