/**
 * Lays out panels of a right operand that is stored in 16 bits, as gemm-pack does one of float32.
 *
 * Float16 codes are widened by one multiplication, which all but infinity and NaN bear; a panel in which one turns up is
 * done again, exactly.
 */
import { widenBfloat16, widenFloat16, writeHalfConstants } from '../simd/half';
import { COLUMNS } from './gemm-tile';

/** What B is stored as, where it isn't float32 (0) or bfloat16. */
const FLOAT16: i32 = 1;

// Vectors after half's constants.
const REST: usize = 64;
const ALIGNED: usize = 80;
const SCALE: usize = 96;
const TOP: usize = 112;

export function writePackConstants(k: usize): void {
  writeHalfConstants(k);
  v128.store(k, i16x8.splat(0x7fff), REST);
  // Sign, exponent and fraction of a code where those of a float32 are.
  v128.store(k, i32x4.splat(0x8fffffff), ALIGNED);
  v128.store(k, f32x4.splat(5.192296858534828e33), SCALE); // 2^112
  v128.store(k, i16x8.splat(0x7bff), TOP);
}

/** A finite float16's value from a code in the upper halves of 32-bit lanes. */
// @ts-ignore: decorator
@inline
function widenUpper(code: v128, k: usize): v128 {
  return f32x4.mul(v128.and(i32x4.shr_s(code, 3), v128.load(k, ALIGNED)), v128.load(k, SCALE));
}

// @ts-ignore: decorator
@inline
function widenExactly(code: v128, stored: i32, k: usize): v128 {
  return stored == FLOAT16 ? widenFloat16(code, k) : widenBfloat16(code);
}

/** Whether the greatest codes, without their signs, are those of finite numbers. */
// @ts-ignore: decorator
@inline
function finite(greatest: v128, k: usize): bool {
  return !v128.any_true(i16x8.gt_u(greatest, v128.load(k, TOP)));
}

/** Panels of B whose rows lie across; `stride` in bytes. Missing columns are whatever stands there. */
export function packHalfColumns(b: usize, stride: usize, width: i32, count: i32, steps: i32, to: usize, stored: i32, k: usize): void {
  const size = <usize>(steps * COLUMNS) << 2;
  for (let j = 0; j < count; j++) {
    const there = min(COLUMNS, width - j * COLUMNS);
    const from = b + (<usize>(j * COLUMNS) << 1);
    const at = to + <usize>j * size;
    if (there == COLUMNS && stored == FLOAT16 && packFiniteColumns(from, stride, steps, at, k)) continue;
    packColumns(from, stride, there, steps, at, stored, k);
  }
}

function packFiniteColumns(from: usize, stride: usize, steps: i32, at: usize, k: usize): bool {
  const zero = i16x8.splat(0);
  let greatest = zero;
  for (let step = 0; step < steps; step++) {
    for (let c: usize = 0; c < <usize>COLUMNS; c += 8) {
      const codes = v128.load(from + (c << 1));
      greatest = i16x8.max_u(greatest, v128.and(codes, v128.load(k, REST)));
      const a = widenUpper(i16x8.shuffle(zero, codes, 0, 8, 1, 9, 2, 10, 3, 11), k);
      const b = widenUpper(i16x8.shuffle(zero, codes, 4, 12, 5, 13, 6, 14, 7, 15), k);
      v128.store(at + (c << 2), a);
      v128.store(at + (c << 2), b, 16);
    }
    from += stride;
    at += COLUMNS * 4;
  }
  return finite(greatest, k);
}

function packColumns(from: usize, stride: usize, there: i32, steps: i32, at: usize, stored: i32, k: usize): void {
  for (let step = 0; step < steps; step++) {
    if (there == COLUMNS) {
      for (let c: usize = 0; c < <usize>COLUMNS; c += 8) {
        const codes = v128.load(from + (c << 1));
        v128.store(at + (c << 2), widenExactly(i32x4.extend_low_i16x8_u(codes), stored, k));
        v128.store(at + (c << 2), widenExactly(i32x4.extend_high_i16x8_u(codes), stored, k), 16);
      }
    } else {
      for (let c: usize = 0; c < <usize>there; c++) v128.store32_lane(at + (c << 2), widenExactly(i32x4.splat(load<u16>(from + (c << 1))), stored, k), 0);
    }
    from += stride;
    at += COLUMNS * 4;
  }
}

/** Panels of B whose columns lie along k. Columns past the last repeat it; what they give is never stored. */
export function packHalfTransposedColumns(b: usize, stride: usize, column: i32, n: i32, count: i32, steps: i32, to: usize, stored: i32, k: usize): void {
  const size = <usize>(steps * COLUMNS) << 2;
  for (let panel = 0; panel < count; panel++) {
    for (let j = 0; j < COLUMNS; j += 4) {
      const first = column + panel * COLUMNS + j;
      const c0 = b + <usize>min(first, n - 1) * stride;
      const c1 = b + <usize>min(first + 1, n - 1) * stride;
      const c2 = b + <usize>min(first + 2, n - 1) * stride;
      const c3 = b + <usize>min(first + 3, n - 1) * stride;
      const at = to + <usize>panel * size + (<usize>j << 2);
      if (stored == FLOAT16 && packFour(c0, c1, c2, c3, steps, at, FLOAT16, true, k)) continue;
      packFour(c0, c1, c2, c3, steps, at, stored, false, k);
    }
  }
}

/** Four columns; quickly, if that may be, and then whether all were finite. */
function packFour(c0: usize, c1: usize, c2: usize, c3: usize, steps: i32, at: usize, stored: i32, quick: bool, k: usize): bool {
  let greatest = i16x8.splat(0);
  let step = 0;
  for (; step + 4 <= steps; step += 4) {
    let v0 = v128.load16x4_u(c0);
    let v1 = v128.load16x4_u(c1);
    let v2 = v128.load16x4_u(c2);
    let v3 = v128.load16x4_u(c3);
    if (quick) {
      const rest = v128.load(k, REST);
      const upper = i16x8.max_u(i16x8.max_u(v128.and(v0, rest), v128.and(v1, rest)), i16x8.max_u(v128.and(v2, rest), v128.and(v3, rest)));
      greatest = i16x8.max_u(greatest, upper);
      v0 = widenUpper(i32x4.shl(v0, 16), k);
      v1 = widenUpper(i32x4.shl(v1, 16), k);
      v2 = widenUpper(i32x4.shl(v2, 16), k);
      v3 = widenUpper(i32x4.shl(v3, 16), k);
    } else {
      v0 = widenExactly(v0, stored, k);
      v1 = widenExactly(v1, stored, k);
      v2 = widenExactly(v2, stored, k);
      v3 = widenExactly(v3, stored, k);
    }
    const t0 = i32x4.shuffle(v0, v1, 0, 4, 1, 5);
    const t1 = i32x4.shuffle(v2, v3, 0, 4, 1, 5);
    const t2 = i32x4.shuffle(v0, v1, 2, 6, 3, 7);
    const t3 = i32x4.shuffle(v2, v3, 2, 6, 3, 7);
    v128.store(at, i64x2.shuffle(t0, t1, 0, 2));
    v128.store(at, i64x2.shuffle(t0, t1, 1, 3), COLUMNS * 4);
    v128.store(at, i64x2.shuffle(t2, t3, 0, 2), COLUMNS * 8);
    v128.store(at, i64x2.shuffle(t2, t3, 1, 3), COLUMNS * 12);
    c0 += 8;
    c1 += 8;
    c2 += 8;
    c3 += 8;
    at += COLUMNS * 16;
  }
  for (; step < steps; step++) {
    v128.store32_lane(at, widenExactly(i32x4.splat(load<u16>(c0)), stored, k), 0);
    v128.store32_lane(at, widenExactly(i32x4.splat(load<u16>(c1)), stored, k), 0, 4);
    v128.store32_lane(at, widenExactly(i32x4.splat(load<u16>(c2)), stored, k), 0, 8);
    v128.store32_lane(at, widenExactly(i32x4.splat(load<u16>(c3)), stored, k), 0, 12);
    c0 += 2;
    c1 += 2;
    c2 += 2;
    c3 += 2;
    at += COLUMNS * 4;
  }
  return finite(greatest, k);
}
