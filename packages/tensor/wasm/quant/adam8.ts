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
/**
 * Scratch: rings of 64 words that codes are found in, addresses of entries, lower bits of keys and entries; 16 codes, and constants.
 * What is written a word at a time is read as vectors 16 words later, when it has left the store buffer.
 */
const LOWER: usize = 256;
const FOUND: usize = 512;
const LAST: usize = 768;
const SIZES: usize = 800;
const SCALE: usize = 804;
const TABLE: usize = 808;
const WORD: usize = 812;
const LOW: usize = 816;
const TOP: usize = 820;
const RINGS: usize = 832;

/** Work items: blocks. */
export function f32_adam8(p: usize, begin: i32, end: i32, scratch: usize): void {
  const block = load<i32>(p, BLOCK);
  const total = load<i32>(p, COUNT);
  const signed = load<u32>(p, SIGNED);
  const unsigned = load<u32>(p, UNSIGNED);
  const means = scratch + RINGS;
  const squares = means + (((<usize>block << 2) + 63) & ~63);
  for (let item = begin; item < end; item++) {
    const first = item * block;
    const count = min(block, total - first);
    const m = load<u32>(p, M) + first;
    const v = load<u32>(p, V) + first;
    const mScale = load<u32>(p, M_SCALES) + (<usize>item << 2);
    const vScale = load<u32>(p, V_SCALES) + (<usize>item << 2);
    decode(m, count, signed, means);
    decode(v, count, unsigned, squares);
    update(p, first, count, means, squares, mScale, vScale, scratch);
    encode(means, count, load<f32>(mScale), m, signed + ENTRIES, scratch, true);
    encode(squares, count, load<f32>(vScale), v, unsigned + ENTRIES, scratch, false);
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
function update(p: usize, first: i32, count: i32, means: usize, squares: usize, mScale: usize, vScale: usize, ring: usize): void {
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
  const size = held(ring + SIZES, 0x7fffffff);
  let mLargest = i32x4.splat(0);
  let vLargest = mLargest;
  let mLargest1 = mLargest;
  let vLargest1 = mLargest;
  const bytes = <usize>count << 2;
  let k: usize = 0;
  for (; k + 32 <= bytes; k += 32) {
    const g0 = v128.load(g + k);
    const g1 = v128.load(g + k, 16);
    const w0 = v128.load(w + k);
    const w1 = v128.load(w + k, 16);
    // Not fused, so that it's the same in every tier.
    const m0 = f32x4.add(f32x4.mul(beta1, f32x4.mul(v128.load(means + k), ms)), f32x4.mul(fresh1, g0));
    const m1 = f32x4.add(f32x4.mul(beta1, f32x4.mul(v128.load(means + k, 16), ms)), f32x4.mul(fresh1, g1));
    const v0 = f32x4.add(f32x4.mul(beta2, f32x4.mul(v128.load(squares + k), vs)), f32x4.mul(fresh2, f32x4.mul(g0, g0)));
    const v1 = f32x4.add(f32x4.mul(beta2, f32x4.mul(v128.load(squares + k, 16), vs)), f32x4.mul(fresh2, f32x4.mul(g1, g1)));
    const s0 = f32x4.div(f32x4.mul(rate, m0), f32x4.add(f32x4.mul(root, f32x4.sqrt(v0)), epsilon));
    const s1 = f32x4.div(f32x4.mul(rate, m1), f32x4.add(f32x4.mul(root, f32x4.sqrt(v1)), epsilon));
    mLargest = i32x4.max_s(mLargest, v128.and(m0, size));
    mLargest1 = i32x4.max_s(mLargest1, v128.and(m1, size));
    vLargest = i32x4.max_s(vLargest, v128.and(v0, size));
    vLargest1 = i32x4.max_s(vLargest1, v128.and(v1, size));
    v128.store(means + k, m0);
    v128.store(means + k, m1, 16);
    v128.store(squares + k, v0);
    v128.store(squares + k, v1, 16);
    v128.store(w + k, f32x4.sub(f32x4.mul(keep, w0), s0));
    v128.store(w + k, f32x4.sub(f32x4.mul(keep, w1), s1), 16);
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
  store<f32>(mScale, largest(i32x4.max_s(mLargest, mLargest1)));
  store<f32>(vScale, largest(i32x4.max_s(vLargest, vLargest1)));
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
function encode(values: usize, count: i32, largest: f32, codes: usize, table: usize, ring: usize, signed: bool): void {
  store<f32>(ring + SCALE, largest > 0 ? 1 / largest : 0);
  const scale = v128.load32_splat(ring + SCALE);
  const base = held(ring + TABLE, <i32>table);
  const word = held(ring + WORD, -4);
  const low = held(ring + LOW, 0xffff);
  // Numbers of an unsigned map are their own keys.
  const top = held(ring + TOP, signed ? 0x80000000 : 0);
  const bytes = count << 2;
  for (let k = -128; k < bytes; k += 64) {
    if (k + 128 < bytes) prepare(values + (k + 128), ring + ((k + 128) & 255), scale, base, word, low, top);
    if (k >= -64 && k + 64 < bytes) gather(ring + ((k + 64) & 255));
    if (k < 0) continue;
    const from = ring + (k & 255);
    const all = i8x16.narrow_i16x8_u(
      i16x8.narrow_i32x4_u(carried(from), carried(from + 16)),
      i16x8.narrow_i32x4_u(carried(from + 32), carried(from + 48)),
    );
    const to = codes + (k >> 2);
    if (k + 64 <= bytes) v128.store(to, all);
    else {
      v128.store(ring, all, LAST);
      memory.copy(to, ring + LAST, count - (k >> 2));
    }
  }
}

// @ts-ignore: decorator
@inline
function prepare(values: usize, ring: usize, scale: v128, base: v128, word: v128, low: v128, top: v128): void {
  const k0 = keys(f32x4.mul(v128.load(values), scale), top);
  const k1 = keys(f32x4.mul(v128.load(values, 16), scale), top);
  const k2 = keys(f32x4.mul(v128.load(values, 32), scale), top);
  const k3 = keys(f32x4.mul(v128.load(values, 48), scale), top);
  v128.store(ring, i32x4.add(base, v128.and(word, i32x4.shr_u(k0, 14))));
  v128.store(ring, i32x4.add(base, v128.and(word, i32x4.shr_u(k1, 14))), 16);
  v128.store(ring, i32x4.add(base, v128.and(word, i32x4.shr_u(k2, 14))), 32);
  v128.store(ring, i32x4.add(base, v128.and(word, i32x4.shr_u(k3, 14))), 48);
  v128.store(ring, v128.and(k0, low), LOWER);
  v128.store(ring, v128.and(k1, low), LOWER + 16);
  v128.store(ring, v128.and(k2, low), LOWER + 32);
  v128.store(ring, v128.and(k3, low), LOWER + 48);
}

// @ts-ignore: decorator
@inline
function gather(ring: usize): void {
  for (let j: usize = 0; j < 64; j += 16) {
    store<u32>(ring + j, load<u32>(load<u32>(ring + j)), FOUND);
    store<u32>(ring + j, load<u32>(load<u32>(ring + j, 4)), FOUND + 4);
    store<u32>(ring + j, load<u32>(load<u32>(ring + j, 8)), FOUND + 8);
    store<u32>(ring + j, load<u32>(load<u32>(ring + j, 12)), FOUND + 12);
  }
}

// @ts-ignore: decorator
@inline
function keys(x: v128, top: v128): v128 {
  return v128.xor(x, v128.or(i32x4.shr_s(x, 31), top));
}

// @ts-ignore: decorator
@inline
function carried(ring: usize): v128 {
  return i32x4.shr_u(i32x4.add(v128.load(ring, FOUND), v128.load(ring, LOWER)), 16);
}

/** A vector that stays in a register: the engine makes a constant anew, by three instructions, wherever it's used. */
// @ts-ignore: decorator
@inline
function held(at: usize, value: i32): v128 {
  store<i32>(at, value);
  return v128.load32_splat(at);
}
