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
/** For the signed and the unsigned map: f32[256] numbers by code, and u32[65536] entries by upper bits of a key; see {@link encode}. */
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

const ENTRIES: usize = 1024;

/** Work items: blocks. */
export function f32_adam8(p: usize, begin: i32, end: i32, scratch: usize): void {
  const block = load<i32>(p, BLOCK);
  const total = load<i32>(p, COUNT);
  const signed = load<u32>(p, SIGNED);
  const unsigned = load<u32>(p, UNSIGNED);
  const size = ((<usize>block << 2) + 63) & ~63;
  const squares = scratch + size;
  const entries = squares + size;
  for (let item = begin; item < end; item++) {
    const first = item * block;
    const count = min(block, total - first);
    const m = load<u32>(p, M) + first;
    const v = load<u32>(p, V) + first;
    const mScale = load<u32>(p, M_SCALES) + (<usize>item << 2);
    const vScale = load<u32>(p, V_SCALES) + (<usize>item << 2);
    decode(m, count, signed, scratch);
    decode(v, count, unsigned, squares);
    update(p, first, count, scratch, squares, mScale, vScale);
    encode(scratch, count, load<f32>(mScale), m, signed, entries, true);
    encode(squares, count, load<f32>(vScale), v, unsigned, entries, false);
  }
}

function decode(codes: usize, count: i32, map: usize, to: usize): void {
  let k: usize = 0;
  const past = <usize>count;
  for (; k + 4 <= past; k += 4) {
    const at = codes + k;
    const place = to + (k << 2);
    store<u32>(place, load<u32>(map + (<usize>load<u8>(at) << 2)));
    store<u32>(place, load<u32>(map + (<usize>load<u8>(at, 1) << 2)), 4);
    store<u32>(place, load<u32>(map + (<usize>load<u8>(at, 2) << 2)), 8);
    store<u32>(place, load<u32>(map + (<usize>load<u8>(at, 3) << 2)), 12);
  }
  for (; k < past; k++) store<u32>(to + (k << 2), load<u32>(map + (<usize>load<u8>(codes + k) << 2)));
}

/** AdamW on a block; scales become the largest sizes. */
function update(p: usize, first: i32, count: i32, means: usize, squares: usize, mScale: usize, vScale: usize): void {
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
  const ms = v128.load32_splat(mScale);
  const vs = v128.load32_splat(vScale);
  // Sizes of floats rise with their bits, and the largest of integers is one instruction where that of floats is many.
  const size = i32x4.splat(0x7fffffff);
  let mLargest = i32x4.splat(0);
  let vLargest = mLargest;
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
    mLargest = i32x4.max_s(mLargest, i32x4.max_s(v128.and(m0, size), v128.and(m1, size)));
    vLargest = i32x4.max_s(vLargest, i32x4.max_s(v128.and(v0, size), v128.and(v1, size)));
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
    // Their other lanes are 0.
    mLargest = i32x4.max_s(mLargest, v128.and(m0, size));
    vLargest = i32x4.max_s(vLargest, v128.and(v0, size));
    v128.store32_lane(means + k, m0, 0);
    v128.store32_lane(squares + k, v0, 0);
    v128.store32_lane(w + k, f32x4.sub(f32x4.mul(keep, v128.load32_zero(w + k)), s0), 0);
  }
  store<f32>(mScale, largest(mLargest));
  store<f32>(vScale, largest(vLargest));
}

function largest(x: v128): f32 {
  const a = i32x4.max_s(x, i32x4.shuffle(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(i32x4.max_s(a, i32x4.shuffle(a, a, 1, 0, 3, 2)), 0);
}

/**
 * Writes codes of a block whose largest size is known.
 *
 * A key is a float's bits as a number that rises with it. No two bounds between codes have the same upper 16 bits, so for those an entry
 * holds the lower of two codes, above what must be added to the bound's lower bits to carry: (entry + lower bits) >> 16 is the code.
 */
// @ts-ignore: decorator
@inline
function encode(values: usize, count: i32, largest: f32, codes: usize, map: usize, entries: usize, signed: bool): void {
  const bytes = <usize>count << 2;
  const inverse: f32 = largest > 0 ? 1 / largest : 0;
  const scale = f32x4.splat(inverse);
  // Whole parts of 16; what is beyond the block is scratch.
  let k: usize = 0;
  for (; k < bytes; k += 32) {
    v128.store(values + k, keys(f32x4.mul(v128.load(values + k), scale), signed));
    v128.store(values + k, keys(f32x4.mul(v128.load(values + k, 16), scale), signed), 16);
  }
  const table = map + ENTRIES;
  for (k = 0; k < bytes; k += 16) {
    const at = values + k;
    const to = entries + k;
    store<u32>(to, load<u32>(table + (<usize>load<u16>(at, 2) << 2)));
    store<u32>(to, load<u32>(table + (<usize>load<u16>(at, 6) << 2)), 4);
    store<u32>(to, load<u32>(table + (<usize>load<u16>(at, 10) << 2)), 8);
    store<u32>(to, load<u32>(table + (<usize>load<u16>(at, 14) << 2)), 12);
  }
  for (k = 0; k < <usize>count; k += 16) {
    const at = values + (k << 2);
    const from = entries + (k << 2);
    const low = i16x8.narrow_i32x4_u(carried(at, from), carried(at + 16, from + 16));
    const high = i16x8.narrow_i32x4_u(carried(at + 32, from + 32), carried(at + 48, from + 48));
    const all = i8x16.narrow_i16x8_u(low, high);
    if (k + 16 <= <usize>count) v128.store(codes + k, all);
    else {
      v128.store(entries, all);
      memory.copy(codes + k, entries, <usize>count - k);
    }
  }
}

// @ts-ignore: decorator
@inline
function keys(x: v128, signed: bool): v128 {
  return signed ? v128.xor(x, v128.or(i32x4.shr_s(x, 31), i32x4.splat(0x80000000))) : x;
}

// @ts-ignore: decorator
@inline
function carried(keys: usize, entries: usize): v128 {
  return i32x4.shr_u(i32x4.add(v128.load(entries), v128.and(v128.load(keys), i32x4.splat(0xffff))), 16);
}
