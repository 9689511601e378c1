/** Lays out panels of a right operand that is stored in 16 bits, as gemm-pack does one of float32. */
import { widenBfloat16, widenFloat16 } from '../simd/half';
import { COLUMNS } from './gemm-tile';

/** What B is stored as: float32, float16 or bfloat16. */
export const FLOAT16: i32 = 1;

// @ts-ignore: decorator
@inline
function widen(code: v128, stored: i32, k: usize): v128 {
  return stored == FLOAT16 ? widenFloat16(code, k) : widenBfloat16(code);
}

/** Panels of B whose rows lie across; `stride` in bytes, `k`: see half's constants. Missing columns are whatever stands there. */
export function packHalfColumns(b: usize, stride: usize, width: i32, count: i32, steps: i32, to: usize, stored: i32, k: usize): void {
  const size = <usize>(steps * COLUMNS) << 2;
  for (let j = 0; j < count; j++) {
    const there = min(COLUMNS, width - j * COLUMNS);
    let from = b + (<usize>(j * COLUMNS) << 1);
    let at = to + <usize>j * size;
    for (let step = 0; step < steps; step++) {
      if (there == COLUMNS) {
        for (let c: usize = 0; c < <usize>COLUMNS; c += 8) {
          const codes = v128.load(from + (c << 1));
          v128.store(at + (c << 2), widen(i32x4.extend_low_i16x8_u(codes), stored, k));
          v128.store(at + (c << 2), widen(i32x4.extend_high_i16x8_u(codes), stored, k), 16);
        }
      } else {
        for (let c: usize = 0; c < <usize>there; c++) v128.store32_lane(at + (c << 2), widen(i32x4.splat(load<u16>(from + (c << 1))), stored, k), 0);
      }
      from += stride;
      at += COLUMNS * 4;
    }
  }
}

/** Panels of B whose columns lie along k. Columns past the last repeat it; what they give is never stored. */
export function packHalfTransposedColumns(b: usize, stride: usize, column: i32, n: i32, count: i32, steps: i32, to: usize, stored: i32, k: usize): void {
  const size = <usize>(steps * COLUMNS) << 2;
  for (let panel = 0; panel < count; panel++) {
    for (let j = 0; j < COLUMNS; j += 4) {
      const first = column + panel * COLUMNS + j;
      let c0 = b + <usize>min(first, n - 1) * stride;
      let c1 = b + <usize>min(first + 1, n - 1) * stride;
      let c2 = b + <usize>min(first + 2, n - 1) * stride;
      let c3 = b + <usize>min(first + 3, n - 1) * stride;
      let at = to + <usize>panel * size + (<usize>j << 2);
      let step = 0;
      for (; step + 4 <= steps; step += 4) {
        const v0 = widen(v128.load16x4_u(c0), stored, k);
        const v1 = widen(v128.load16x4_u(c1), stored, k);
        const v2 = widen(v128.load16x4_u(c2), stored, k);
        const v3 = widen(v128.load16x4_u(c3), stored, k);
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
        v128.store32_lane(at, widen(i32x4.splat(load<u16>(c0)), stored, k), 0);
        v128.store32_lane(at, widen(i32x4.splat(load<u16>(c1)), stored, k), 0, 4);
        v128.store32_lane(at, widen(i32x4.splat(load<u16>(c2)), stored, k), 0, 8);
        v128.store32_lane(at, widen(i32x4.splat(load<u16>(c3)), stored, k), 0, 12);
        c0 += 2;
        c1 += 2;
        c2 += 2;
        c3 += 2;
        at += COLUMNS * 4;
      }
    }
  }
}
