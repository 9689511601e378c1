/** Writes the least and the largest of at least one float to `to`; NaN for both if there is one. */
export function extremes(x: usize, count: i32, to: usize): void {
  let low = v128.load32_splat(x);
  let low2 = low;
  let high = low;
  let high2 = low;
  let odd = f32x4.ne(low, low);
  let k = 0;
  for (; k + 8 <= count; k += 8) {
    const a = v128.load(x);
    const b = v128.load(x, 16);
    // The pseudo-minimum is one instruction where the minimum is many, but drops NaN.
    low = f32x4.pmin(low, a);
    low2 = f32x4.pmin(low2, b);
    high = f32x4.pmax(high, a);
    high2 = f32x4.pmax(high2, b);
    odd = v128.or(odd, v128.or(f32x4.ne(a, a), f32x4.ne(b, b)));
    x += 32;
  }
  for (; k < count; k++) {
    const a = v128.load32_splat(x);
    low = f32x4.pmin(low, a);
    high = f32x4.pmax(high, a);
    odd = v128.or(odd, f32x4.ne(a, a));
    x += 4;
  }
  low = f32x4.pmin(low, low2);
  high = f32x4.pmax(high, high2);
  const least = min(min(f32x4.extract_lane(low, 0), f32x4.extract_lane(low, 1)), min(f32x4.extract_lane(low, 2), f32x4.extract_lane(low, 3)));
  const largest = max(
    max(f32x4.extract_lane(high, 0), f32x4.extract_lane(high, 1)),
    max(f32x4.extract_lane(high, 2), f32x4.extract_lane(high, 3)),
  );
  const any = v128.any_true(odd);
  store<f32>(to, any ? NaN : least);
  store<f32>(to, any ? NaN : largest, 4);
}
