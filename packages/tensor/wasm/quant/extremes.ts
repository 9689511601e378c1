/** The least and the largest of at least one float; NaN if there is one. */

export function least(x: usize, count: i32): f32 {
  let a = v128.load32_splat(x);
  let b = a;
  let k = 0;
  for (; k + 8 <= count; k += 8) {
    a = f32x4.min(a, v128.load(x));
    b = f32x4.min(b, v128.load(x, 16));
    x += 32;
  }
  a = f32x4.min(a, b);
  let value = min(min(f32x4.extract_lane(a, 0), f32x4.extract_lane(a, 1)), min(f32x4.extract_lane(a, 2), f32x4.extract_lane(a, 3)));
  for (; k < count; k++) {
    value = min(value, load<f32>(x));
    x += 4;
  }
  return value;
}

export function largest(x: usize, count: i32): f32 {
  let a = v128.load32_splat(x);
  let b = a;
  let k = 0;
  for (; k + 8 <= count; k += 8) {
    a = f32x4.max(a, v128.load(x));
    b = f32x4.max(b, v128.load(x, 16));
    x += 32;
  }
  a = f32x4.max(a, b);
  let value = max(max(f32x4.extract_lane(a, 0), f32x4.extract_lane(a, 1)), max(f32x4.extract_lane(a, 2), f32x4.extract_lane(a, 3)));
  for (; k < count; k++) {
    value = max(value, load<f32>(x));
    x += 4;
  }
  return value;
}
