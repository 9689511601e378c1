/**
 * fake-quantize: y = clamp(round(x / s), from, until)·s, and its gradients: dx = dy where the integer isn't clamped, ds = the sum of
 * dy·(round(x / s) - x / s) there and of dy·(the end) elsewhere. The scale s is one number, or one for each column.
 */

/** Elements of a work item where there is one scale. */
const ITEM: i32 = 4096;
// Parameters, as words.
const X: usize = 0;
const S: usize = 4;
const TO: usize = 8;
const COUNT: usize = 12;
/** Columns, or 0 where there is one scale. */
const COLUMNS: usize = 16;
const FROM: usize = 20;
const UNTIL: usize = 24;
const DY: usize = 28;
/** Where each item's sums go: f32, or f32[columns]. */
const SUMS: usize = 32;
/** Rows of a work item of the gradient where each column has a scale. */
const ROWS: usize = 36;

/** Work items: ITEM elements, or rows. */
export function f32_fake_quantize(p: usize, begin: i32, end: i32, scratch: usize): void {
  const columns = load<i32>(p, COLUMNS);
  const from = f32x4.splat(load<f32>(p, FROM));
  const until = f32x4.splat(load<f32>(p, UNTIL));
  const step: usize = columns == 0 ? 0 : 4;
  const width = columns == 0 ? ITEM : columns;
  for (let item = begin; item < end; item++) {
    const first = item * width;
    const count = min(width, load<i32>(p, COUNT) - first);
    const x = load<u32>(p, X) + (<usize>first << 2);
    const to = load<u32>(p, TO) + (<usize>first << 2);
    const s = load<u32>(p, S);
    let k: usize = 0;
    const bytes = <usize>count << 2;
    if (step == 0) {
      const scale = v128.load32_splat(s);
      for (; k + 32 <= bytes; k += 32) {
        v128.store(to + k, rounded(v128.load(x + k), scale, from, until));
        v128.store(to + k, rounded(v128.load(x + k, 16), scale, from, until), 16);
      }
    } else {
      for (; k + 32 <= bytes; k += 32) {
        v128.store(to + k, rounded(v128.load(x + k), v128.load(s + k), from, until));
        v128.store(to + k, rounded(v128.load(x + k, 16), v128.load(s + k, 16), from, until), 16);
      }
    }
    for (; k < bytes; k += 4) {
      const scale = v128.load32_splat(step == 0 ? s : s + k);
      v128.store32_lane(to + k, rounded(v128.load32_splat(x + k), scale, from, until), 0);
    }
  }
}

// @ts-ignore: decorator
@inline
function rounded(x: v128, s: v128, from: v128, until: v128): v128 {
  return f32x4.mul(clamp(f32x4.nearest(f32x4.div(x, s)), from, until), s);
}

/** Work items: ITEM elements, or ROWS rows. */
export function f32_fake_quantize_grad(p: usize, begin: i32, end: i32, scratch: usize): void {
  const columns = load<i32>(p, COLUMNS);
  const s = load<u32>(p, S);
  const sums = load<u32>(p, SUMS);
  const from = f32x4.splat(load<f32>(p, FROM));
  const until = f32x4.splat(load<f32>(p, UNTIL));
  const count = load<i32>(p, COUNT);
  for (let item = begin; item < end; item++) {
    if (columns == 0) {
      const first = item * ITEM;
      memory.fill(scratch, 0, 32);
      // Every eight elements add to the same eight sums.
      gradient(p, first, min(ITEM, count - first), s, 0, scratch, 0, from, until);
      let sum: f32 = 0;
      for (let j: usize = 0; j < 32; j += 4) sum += load<f32>(scratch + j);
      store<f32>(sums + (<usize>item << 2), sum);
    } else {
      const own = sums + ((<usize>item * <usize>columns) << 2);
      memory.fill(own, 0, <usize>columns << 2);
      const size = load<i32>(p, ROWS) * columns;
      const past = min(count, (item + 1) * size);
      for (let at = item * size; at < past; at += columns) gradient(p, at, columns, s, 4, own, 4, from, until);
    }
  }
}

// @ts-ignore: decorator
@inline
function gradient(p: usize, first: i32, count: i32, s: usize, step: usize, sums: usize, sumStep: usize, from: v128, until: v128): void {
  const x = load<u32>(p, X) + (<usize>first << 2);
  const dy = load<u32>(p, DY) + (<usize>first << 2);
  const dx = load<u32>(p, TO) + (<usize>first << 2);
  const bytes = <usize>count << 2;
  let k: usize = 0;
  for (; k + 32 <= bytes; k += 32) {
    const s0 = step == 0 ? v128.load32_splat(s) : v128.load(s + k);
    const s1 = step == 0 ? s0 : v128.load(s + k, 16);
    const at = sumStep == 0 ? sums : sums + k;
    const q0 = f32x4.div(v128.load(x + k), s0);
    const q1 = f32x4.div(v128.load(x + k, 16), s1);
    const d0 = v128.load(dy + k);
    const d1 = v128.load(dy + k, 16);
    const m0 = isInside(f32x4.nearest(q0), from, until);
    const m1 = isInside(f32x4.nearest(q1), from, until);
    v128.store(at, f32x4.add(v128.load(at), f32x4.mul(d0, slope(q0, m0, from, until))));
    v128.store(at, f32x4.add(v128.load(at, 16), f32x4.mul(d1, slope(q1, m1, from, until))), 16);
    v128.store(dx + k, v128.and(d0, m0));
    v128.store(dx + k, v128.and(d1, m1), 16);
  }
  for (; k < bytes; k += 4) {
    const q = f32x4.div(v128.load32_splat(x + k), v128.load32_splat(step == 0 ? s : s + k));
    const d = v128.load32_splat(dy + k);
    const m = isInside(f32x4.nearest(q), from, until);
    const at = sumStep == 0 ? sums : sums + k;
    store<f32>(at, load<f32>(at) + f32x4.extract_lane(f32x4.mul(d, slope(q, m, from, until)), 0));
    v128.store32_lane(dx + k, v128.and(d, m), 0);
  }
}

// @ts-ignore: decorator
@inline
function isInside(r: v128, from: v128, until: v128): v128 {
  return v128.and(f32x4.ge(r, from), f32x4.le(r, until));
}

// @ts-ignore: decorator
@inline
function slope(q: v128, inside: v128, from: v128, until: v128): v128 {
  const r = f32x4.nearest(q);
  return v128.bitselect(f32x4.sub(r, q), clamp(r, from, until), inside);
}

/** Between two numbers; NaN stays. The pseudo-minimum is one instruction where the minimum is many, and gives its first operand where that is NaN. */
// @ts-ignore: decorator
@inline
function clamp(x: v128, from: v128, until: v128): v128 {
  return f32x4.pmin(f32x4.pmax(x, from), until);
}
