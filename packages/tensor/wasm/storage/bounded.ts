/**
 * bounded: floats as whole steps with a bounded error, zeros kept, in as few bits as each block of 64 needs; and back.
 *
 * A block is a byte (its width in bits, and flags) and its codes' bits, plane by plane from the highest: of all 64, or only of those that are not 0
 * behind 64 bits that say which these are, whichever is shorter. Codes are steps, or, where some are negative, steps by turns of both signs
 * (0, -1, 1, -2, ...); behind a map each is one less. Blocks beyond 2^14 steps are kept as float32.
 *
 * Blocks are written by chunks of 64 to places apart, and then moved together.
 */

// Parameters, as words.
const X: usize = 0;
const COUNT: usize = 4;
const STEP: usize = 8;
const INVERSE: usize = 12;
/** Where chunk i lies: i · STRIDE bytes further each. */
const CHUNKS: usize = 16;
/** i32 a chunk: its bytes; or where it begins, from OUT. */
const SIZES: usize = 20;
const OUT: usize = 24;
/** For each byte as a map of eight numbers: which are set, and behind all 256, how many are set before each that is; NONE elsewhere. */
const TABLES: usize = 28;
/** Set to 1 where a number is not finite. */
const FLAG: usize = 32;

const BLOCK: i32 = 64;
const CHUNK: i32 = 4096;
/** 64 blocks of float32 and their bytes, and room to write 16 bytes too many. */
const STRIDE: usize = 16512;
const MAPPED: i32 = 32;
const SIGNED: i32 = 64;
const RAW: i32 = 255;
const NONE: i16 = 64;

/** Scratch: numbers that fill up a last block, codes, bytes of codes, those compacted, the map. */
const PART: usize = 0;
const CODES: usize = 256;
const BYTES: usize = 384;
const COMPACT: usize = 512;
const MAP: usize = 672;

/** Work items: chunks. */
export function f32_bound(p: usize, begin: i32, end: i32, scratch: usize): void {
  const count = load<i32>(p, COUNT);
  for (let chunk = begin; chunk < end; chunk++) {
    const first = chunk * CHUNK;
    const past = min(first + CHUNK, count);
    const from = <usize>load<u32>(p, CHUNKS) + <usize>chunk * STRIDE;
    let head = from;
    let to = from + <usize>((past - first + BLOCK - 1) / BLOCK);
    for (let k = first; k < past; k += BLOCK) {
      let x = <usize>load<u32>(p, X) + (<usize>k << 2);
      if (k + BLOCK > past) {
        memory.fill(scratch + PART, 0, 256);
        memory.copy(scratch + PART, x, <usize>(past - k) << 2);
        x = scratch + PART;
      }
      to = block(p, x, head++, to, scratch);
    }
    store<i32>(<usize>load<u32>(p, SIZES) + (<usize>chunk << 2), <i32>(to - from));
  }
}

/** Writes a block's byte and its bits; returns where the next one's go. */
function block(p: usize, x: usize, head: usize, to: usize, scratch: usize): usize {
  const inverse = v128.load32_splat(p, INVERSE);
  const move = f32x4.splat(12582912);
  const sign = i32x4.splat(0x80000000);
  let largest = i32x4.splat(0);
  let all = largest;
  for (let k: usize = 0; k < 128; k += 16) {
    const a = v128.load(x + (k << 1));
    const b = v128.load(x + (k << 1), 16);
    largest = i32x4.max_s(largest, i32x4.max_s(v128.andnot(a, sign), v128.andnot(b, sign)));
    const steps = i16x8.narrow_i32x4_s(
      i32x4.sub(f32x4.add(f32x4.mul(a, inverse), move), move),
      i32x4.sub(f32x4.add(f32x4.mul(b, inverse), move), move),
    );
    all = v128.or(all, steps);
    v128.store(scratch + k, steps, CODES);
  }
  const size = max(
    max(i32x4.extract_lane(largest, 0), i32x4.extract_lane(largest, 1)),
    max(i32x4.extract_lane(largest, 2), i32x4.extract_lane(largest, 3)),
  );
  if (!(reinterpret<f32>(size) * load<f32>(p, INVERSE) < 16384)) {
    if (size >= 0x7f800000) store<i32>(<usize>load<u32>(p, FLAG), 1);
    store<u8>(head, RAW);
    memory.copy(to, x, 256);
    return to + 256;
  }
  if (!v128.any_true(all)) {
    store<u8>(head, 0);
    return to;
  }
  let flags = 0;
  if (i16x8.bitmask(all) != 0) {
    flags = SIGNED;
    all = i32x4.splat(0);
    for (let k: usize = 0; k < 128; k += 16) {
      const steps = v128.load(scratch + k, CODES);
      const codes = v128.xor(i16x8.add(steps, steps), i16x8.shr_s(steps, 15));
      all = v128.or(all, codes);
      v128.store(scratch + k, codes, CODES);
    }
  }
  const zero = i16x8.splat(0);
  const one = i16x8.splat(1);
  let others = zero;
  for (let k: usize = 0; k < 128; k += 32) {
    const a = v128.load(scratch + k, CODES);
    const b = v128.load(scratch + k, CODES + 16);
    const is = i16x8.ne(a, zero);
    const is2 = i16x8.ne(b, zero);
    store<u16>(scratch + (k >> 4), <u16>i8x16.bitmask(i8x16.narrow_i16x8_s(is, is2)), MAP);
    others = v128.or(others, v128.or(v128.and(i16x8.sub(a, one), is), v128.and(i16x8.sub(b, one), is2)));
  }
  const width = widthOf(all);
  const map = load<u64>(scratch, MAP);
  const set = <i32>popcnt(map);
  const mappedWidth = widthOf(others);
  if (8 + mappedWidth * ((set + 7) >> 3) >= 8 * width) {
    store<u8>(head, width | flags);
    return planes(scratch + CODES, BLOCK, width, to, scratch);
  }
  store<u8>(head, mappedWidth | flags | MAPPED);
  store<u64>(to, map);
  for (let k: usize = 0; k < 128; k += 16) v128.store(scratch + k, i16x8.sub(v128.load(scratch + k, CODES), one), CODES);
  compact(scratch, map, <usize>load<u32>(p, TABLES));
  return planes(scratch + COMPACT, set, mappedWidth, to + 8, scratch);
}

function widthOf(v: v128): i32 {
  const a = i64x2.extract_lane(v, 0) | i64x2.extract_lane(v, 1);
  const b = <i32>a | <i32>(a >> 32);
  return 32 - clz((b | (b >>> 16)) & 0xffff);
}

/** Where the bytes of code i are: 2i and 2i + 1, of none beyond the vector. */
// @ts-ignore: decorator
@inline
function bytesOf(which: v128): v128 {
  const twice = i16x8.add(which, which);
  return v128.or(twice, i16x8.shl(i16x8.add(twice, i16x8.splat(1)), 8));
}

/** The codes that the map has set, one behind another. */
function compact(scratch: usize, map: u64, tables: usize): void {
  let to = scratch + COMPACT;
  for (let k: usize = 0; k < 128; k += 16) {
    const bits = <usize>(map & 255);
    map >>= 8;
    const which = i16x8.extend_low_i8x16_u(v128.load64_zero(tables + (bits << 3)));
    v128.store(to, i8x16.swizzle(v128.load(scratch + k, CODES), bytesOf(which)));
    to += <usize>popcnt(<u32>bits) << 1;
  }
  // What fills up the last byte.
  v128.store(to, i32x4.splat(0));
}

/** The bits of `count` codes of 16 bits, plane by plane; returns the end. */
function planes(codes: usize, count: i32, width: i32, to: usize, scratch: usize): usize {
  const bytes = <usize>((count + 7) >> 3);
  for (let shift = 8; shift >= 0; shift -= 8) {
    const own = min(width - shift, 8);
    if (own <= 0) continue;
    for (let k: usize = 0; k < bytes << 3; k += 16) {
      const a = v128.load(codes + (k << 1));
      const b = v128.load(codes + (k << 1), 16);
      const low = i16x8.splat(255);
      const packed = i8x16.narrow_i16x8_u(v128.and(i16x8.shr_u(a, shift), low), v128.and(i16x8.shr_u(b, shift), low));
      // The highest bit of each byte comes first, whatever crosses into the byte beside it.
      v128.store(scratch + k, i16x8.shl(packed, 8 - own), BYTES);
    }
    for (let bit = 0; bit < own; bit++) {
      for (let k: usize = 0; k < bytes << 3; k += 16) {
        const v = v128.load(scratch + k, BYTES);
        store<u16>(to + (k >> 3), <u16>i8x16.bitmask(v));
        v128.store(scratch + k, i16x8.add(v, v), BYTES);
      }
      to += bytes;
    }
  }
  return to;
}

/** Work items: chunks. Moves each to its place. */
export function f32_bound_gather(p: usize, begin: i32, end: i32, scratch: usize): void {
  for (let chunk = begin; chunk < end; chunk++) {
    const places = <usize>load<u32>(p, SIZES) + (<usize>chunk << 2);
    const at = <usize>load<u32>(places);
    memory.copy(<usize>load<u32>(p, OUT) + at, <usize>load<u32>(p, CHUNKS) + <usize>chunk * STRIDE, <usize>load<u32>(places, 4) - at);
  }
}

/** Work items: chunks. steps · STEP. */
export function f32_unbound(p: usize, begin: i32, end: i32, scratch: usize): void {
  const count = load<i32>(p, COUNT);
  const tables = <usize>load<u32>(p, TABLES) + 2048;
  for (let chunk = begin; chunk < end; chunk++) {
    const first = chunk * CHUNK;
    const past = min(first + CHUNK, count);
    let head = <usize>load<u32>(p, OUT) + <usize>load<u32>(<usize>load<u32>(p, SIZES) + (<usize>chunk << 2));
    let from = head + <usize>((past - first + BLOCK - 1) / BLOCK);
    for (let k = first; k < past; k += BLOCK) {
      const x = <usize>load<u32>(p, X) + (<usize>k << 2);
      const to = k + BLOCK > past ? scratch + PART : x;
      from = unblock(p, <i32>load<u8>(head++), from, to, tables, scratch);
      if (to != x) memory.copy(x, to, <usize>(past - k) << 2);
    }
  }
}

/** Writes a block's numbers; returns where the next one's bits are. */
function unblock(p: usize, head: i32, from: usize, to: usize, tables: usize, scratch: usize): usize {
  if (head == 0) {
    memory.fill(to, 0, 256);
    return from;
  }
  if (head == RAW) {
    memory.copy(to, from, 256);
    return from + 256;
  }
  const width = head & 31;
  const step = v128.load32_splat(p, STEP);
  const signed = (head & SIGNED) != 0;
  if ((head & MAPPED) == 0) {
    const past = codesOf(from, BLOCK, width, scratch);
    for (let k: usize = 0; k < 128; k += 16) numbers(v128.load(scratch + k, COMPACT), signed, step, to + (k << 1));
    return past;
  }
  let map = load<u64>(from);
  const past = codesOf(from + 8, <i32>popcnt(map), width, scratch);
  const one = i16x8.splat(1);
  let at = scratch + COMPACT;
  for (let k: usize = 0; k < 256; k += 32) {
    const bits = <usize>(map & 255);
    map >>= 8;
    const which = i16x8.extend_low_i8x16_u(v128.load64_zero(tables + (bits << 3)));
    const is = i16x8.lt_s(which, i16x8.splat(NONE));
    const codes = v128.and(i16x8.add(i8x16.swizzle(v128.load(at), bytesOf(which)), one), is);
    numbers(codes, signed, step, to + k);
    at += <usize>popcnt(<u32>bits) << 1;
  }
  return past;
}

// @ts-ignore: decorator
@inline
function numbers(codes: v128, signed: bool, step: v128, to: usize): void {
  const one = i16x8.splat(1);
  const steps = signed ? v128.xor(i16x8.shr_u(codes, 1), i16x8.neg(v128.and(codes, one))) : codes;
  v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(steps)), step));
  v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(steps)), step), 16);
}

/** Codes of 16 bits from their planes; returns the end. */
function codesOf(from: usize, count: i32, width: i32, scratch: usize): usize {
  const bytes = <usize>((count + 7) >> 3);
  const select = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
  const spread = i8x16(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
  const high = max(width - 8, 0);
  const low = min(width, 8);
  const planesOfLow = from + <usize>high * bytes;
  for (let k: usize = 0; k < bytes << 3; k += 16) {
    let codes = i8x16.splat(0);
    let at = planesOfLow + (k >> 3);
    for (let bit = 0; bit < low; bit++) {
      const bits = i8x16.eq(v128.and(i8x16.swizzle(v128.load16_splat(at), spread), select), select);
      codes = i8x16.sub(i8x16.add(codes, codes), bits);
      at += bytes;
    }
    let upper = i8x16.splat(0);
    at = from + (k >> 3);
    for (let bit = 0; bit < high; bit++) {
      const bits = i8x16.eq(v128.and(i8x16.swizzle(v128.load16_splat(at), spread), select), select);
      upper = i8x16.sub(i8x16.add(upper, upper), bits);
      at += bytes;
    }
    v128.store(
      scratch + (k << 1),
      v128.or(i16x8.extend_low_i8x16_u(codes), i16x8.shl(i16x8.extend_low_i8x16_u(upper), 8)),
      COMPACT,
    );
    v128.store(
      scratch + (k << 1),
      v128.or(i16x8.extend_high_i8x16_u(codes), i16x8.shl(i16x8.extend_high_i8x16_u(upper), 8)),
      COMPACT + 16,
    );
  }
  return planesOfLow + <usize>low * bytes;
}
