import { leaky, relu, relu6 } from '../simd/clamp';

/** y[j] = activation(y[j] + bias[j]) for `width` values, where no bias is address 0; see gemmActivations for the numbers. */
export function finishRow(y: usize, width: i32, bias: usize, activation: i32, slope: f32): void {
  const end = <usize>width << 2;
  let j: usize = 0;
  for (; j + 16 <= end; j += 16) {
    let v = v128.load(y + j);
    if (bias != 0) v = f32x4.add(v, v128.load(bias + j));
    v128.store(y + j, activate(v, activation, slope));
  }
  for (; j < end; j += 4) {
    let v = v128.load32_zero(y + j);
    if (bias != 0) v = f32x4.add(v, v128.load32_zero(bias + j));
    v128.store32_lane(y + j, activate(v, activation, slope), 0);
  }
}

// @ts-ignore: decorator
@inline
export function activate(v: v128, activation: i32, slope: f32): v128 {
  if (activation == 1) return relu(v);
  if (activation == 2) return relu6(v);
  if (activation == 3) return leaky(v, slope);
  return v;
}
