/**
 * f32-adam: Adam and AdamW in place, one pass. w = keep·w; g = g + decay·w; m = b1·m + (1 - b1)·g; v = b2·v + (1 - b2)·g²;
 * w -= rate·m / (root·sqrt(v) + epsilon). The corrections of the bias are in `rate` and `root`.
 */
import { madd } from '../simd/madd';

/** Elements of a work item. */
const ITEM: i32 = 4096;

// Parameters, as words.
/** Address of the tensors: for each, addresses of w, g, m and v, and how many elements. */
const TENSORS: usize = 0;
const RATE: usize = 4;
const DECAY: usize = 8;
const KEEP: usize = 12;
const BETA1: usize = 16;
const FRESH1: usize = 20;
const BETA2: usize = 24;
const FRESH2: usize = 28;
const ROOT: usize = 32;
const EPSILON: usize = 36;

/** Work items: ITEM elements, of one tensor after another; what a tensor's last item lacks counts as one. */
export function f32_adam(p: usize, begin: i32, end: i32, scratch: usize): void {
  let tensor = <usize>load<u32>(p, TENSORS);
  let first = 0;
  while (begin < end) {
    const count = load<i32>(tensor, 16);
    const past = first + (count + ITEM - 1) / ITEM;
    if (begin < past) {
      const from = (begin - first) * ITEM;
      update(p, tensor, from, min(count, (end - first) * ITEM) - from);
      begin = past;
    }
    first = past;
    tensor += 20;
  }
}

function update(p: usize, tensor: usize, from: i32, count: i32): void {
  const offset = <usize>from << 2;
  let w = <usize>load<u32>(tensor) + offset;
  let g = <usize>load<u32>(tensor, 4) + offset;
  let m = <usize>load<u32>(tensor, 8) + offset;
  let v = <usize>load<u32>(tensor, 12) + offset;
  const rate = f32x4.splat(load<f32>(p, RATE));
  const decay = f32x4.splat(load<f32>(p, DECAY));
  const keep = f32x4.splat(load<f32>(p, KEEP));
  const beta1 = f32x4.splat(load<f32>(p, BETA1));
  const fresh1 = f32x4.splat(load<f32>(p, FRESH1));
  const beta2 = f32x4.splat(load<f32>(p, BETA2));
  const fresh2 = f32x4.splat(load<f32>(p, FRESH2));
  const root = f32x4.splat(load<f32>(p, ROOT));
  const epsilon = f32x4.splat(load<f32>(p, EPSILON));
  const past = w + (<usize>count << 2);
  for (; w + 32 <= past; w += 32) {
    const w0 = v128.load(w);
    const w1 = v128.load(w, 16);
    const g0 = madd(decay, w0, v128.load(g));
    const g1 = madd(decay, w1, v128.load(g, 16));
    const m0 = madd(beta1, v128.load(m), f32x4.mul(fresh1, g0));
    const m1 = madd(beta1, v128.load(m, 16), f32x4.mul(fresh1, g1));
    const v0 = madd(beta2, v128.load(v), f32x4.mul(fresh2, f32x4.mul(g0, g0)));
    const v1 = madd(beta2, v128.load(v, 16), f32x4.mul(fresh2, f32x4.mul(g1, g1)));
    const s0 = f32x4.div(f32x4.mul(rate, m0), madd(root, f32x4.sqrt(v0), epsilon));
    const s1 = f32x4.div(f32x4.mul(rate, m1), madd(root, f32x4.sqrt(v1), epsilon));
    const r0 = f32x4.sub(f32x4.mul(keep, w0), s0);
    const r1 = f32x4.sub(f32x4.mul(keep, w1), s1);
    v128.store(m, m0);
    v128.store(m, m1, 16);
    v128.store(v, v0);
    v128.store(v, v1, 16);
    v128.store(w, r0);
    v128.store(w, r1, 16);
    g += 32;
    m += 32;
    v += 32;
  }
  for (; w < past; w += 4) {
    const w0 = v128.load32_zero(w);
    const g0 = madd(decay, w0, v128.load32_zero(g));
    const m0 = madd(beta1, v128.load32_zero(m), f32x4.mul(fresh1, g0));
    const v0 = madd(beta2, v128.load32_zero(v), f32x4.mul(fresh2, f32x4.mul(g0, g0)));
    const s0 = f32x4.div(f32x4.mul(rate, m0), madd(root, f32x4.sqrt(v0), epsilon));
    v128.store32_lane(m, m0, 0);
    v128.store32_lane(v, v0, 0);
    v128.store32_lane(w, f32x4.sub(f32x4.mul(keep, w0), s0), 0);
    g += 4;
    m += 4;
    v += 4;
  }
}
