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

/** Scratch: eight sums, eight times the one scale, then what rounding needs, which the engine would make anew at each use. */
const SCALE: usize = 32;
const MOVE: usize = 64;
const SIGN: usize = 68;

/** Work items: ITEM elements, or rows. */
export function f32_fake_quantize(p: usize, begin: i32, end: i32, scratch: usize): void {
  const columns = load<i32>(p, COLUMNS);
  prepare(p, scratch);
  const width = columns == 0 ? ITEM : columns;
  for (let item = begin; item < end; item++) {
    const first = item * width;
    quantize(p, first, min(width, load<i32>(p, COUNT) - first), scratch, columns != 0);
  }
}

function prepare(p: usize, scratch: usize): void {
  const scale = v128.load32_splat(load<u32>(p, S));
  v128.store(scratch, scale, SCALE);
  v128.store(scratch, scale, SCALE + 16);
  store<f32>(scratch, 12582912, MOVE);
  store<u32>(scratch, 0x80000000, SIGN);
}

// @ts-ignore: decorator
@inline
function quantize(p: usize, first: i32, count: i32, scratch: usize, each: bool): void {
  const from = v128.load32_splat(p, FROM);
  const until = v128.load32_splat(p, UNTIL);
  const below = f32x4.splat(load<f32>(p, FROM) - 1);
  const above = f32x4.splat(load<f32>(p, UNTIL) + 1);
  const move = v128.load32_splat(scratch, MOVE);
  const sign = v128.load32_splat(scratch, SIGN);
  const x = load<u32>(p, X) + (<usize>first << 2);
  const to = load<u32>(p, TO) + (<usize>first << 2);
  const s = each ? <usize>load<u32>(p, S) : scratch + SCALE;
  // One scale is found again and again at the same place.
  const mask: usize = each ? -1 : 0;
  const bytes = <usize>count << 2;
  let k: usize = 0;
  for (; k + 32 <= bytes; k += 32) {
    const at = s + (k & mask);
    const s0 = v128.load(at);
    const s1 = v128.load(at, 16);
    const r0 = nearest4(f32x4.div(v128.load(x + k), s0), below, above, move, sign);
    const r1 = nearest4(f32x4.div(v128.load(x + k, 16), s1), below, above, move, sign);
    v128.store(to + k, f32x4.mul(clamp(r0, from, until), s0));
    v128.store(to + k, f32x4.mul(clamp(r1, from, until), s1), 16);
  }
  for (; k < bytes; k += 4) {
    const s0 = v128.load32_splat(s + (k & mask));
    const r = nearest4(f32x4.div(v128.load32_splat(x + k), s0), below, above, move, sign);
    v128.store32_lane(to + k, f32x4.mul(clamp(r, from, until), s0), 0);
  }
}

/** Work items: ITEM elements, or ROWS rows. */
export function f32_fake_quantize_grad(p: usize, begin: i32, end: i32, scratch: usize): void {
  const columns = load<i32>(p, COLUMNS);
  const count = load<i32>(p, COUNT);
  prepare(p, scratch);
  for (let item = begin; item < end; item++) {
    const sums = load<u32>(p, SUMS) + (<usize>(item * max(columns, 1)) << 2);
    if (columns == 0) {
      const first = item * ITEM;
      // Every eight elements add to the same eight sums.
      memory.fill(scratch, 0, 32);
      gradient(p, first, min(ITEM, count - first), scratch, scratch);
      let sum: f32 = 0;
      for (let j: usize = 0; j < 32; j += 4) sum += load<f32>(scratch + j);
      store<f32>(sums, sum);
    } else {
      memory.fill(sums, 0, <usize>columns << 2);
      const size = load<i32>(p, ROWS) * columns;
      const past = min(count, (item + 1) * size);
      for (let at = item * size; at < past; at += columns) gradient(p, at, columns, sums, scratch);
    }
  }
}

/** Adds to each column's sum, or else to eight sums. */
function gradient(p: usize, first: i32, count: i32, sums: usize, scratch: usize): void {
  const from = v128.load32_splat(p, FROM);
  const until = v128.load32_splat(p, UNTIL);
  const below = f32x4.splat(load<f32>(p, FROM) - 1);
  const above = f32x4.splat(load<f32>(p, UNTIL) + 1);
  const move = v128.load32_splat(scratch, MOVE);
  const sign = v128.load32_splat(scratch, SIGN);
  const x = load<u32>(p, X) + (<usize>first << 2);
  const dy = load<u32>(p, DY) + (<usize>first << 2);
  const dx = load<u32>(p, TO) + (<usize>first << 2);
  const each = load<i32>(p, COLUMNS) != 0;
  const s = each ? <usize>load<u32>(p, S) : scratch + SCALE;
  const mask: usize = each ? -1 : 0;
  const bytes = <usize>count << 2;
  let k: usize = 0;
  for (; k + 32 <= bytes; k += 32) {
    const at = k & mask;
    const q0 = f32x4.div(v128.load(x + k), v128.load(s + at));
    const q1 = f32x4.div(v128.load(x + k, 16), v128.load(s + at, 16));
    const d0 = v128.load(dy + k);
    const d1 = v128.load(dy + k, 16);
    const t0 = v128.load(sums + at);
    const t1 = v128.load(sums + at, 16);
    const r0 = nearest4(q0, below, above, move, sign);
    const r1 = nearest4(q1, below, above, move, sign);
    const m0 = isInside(r0, from, until);
    const m1 = isInside(r1, from, until);
    const u0 = f32x4.add(t0, f32x4.mul(d0, v128.bitselect(f32x4.sub(r0, q0), clamp(r0, from, until), m0)));
    const u1 = f32x4.add(t1, f32x4.mul(d1, v128.bitselect(f32x4.sub(r1, q1), clamp(r1, from, until), m1)));
    v128.store(sums + at, u0);
    v128.store(sums + at, u1, 16);
    v128.store(dx + k, v128.and(d0, m0));
    v128.store(dx + k, v128.and(d1, m1), 16);
  }
  for (; k < bytes; k += 4) {
    const q = f32x4.div(v128.load32_splat(x + k), v128.load32_splat(s + (k & mask)));
    const d = v128.load32_splat(dy + k);
    const r = nearest4(q, below, above, move, sign);
    const m = isInside(r, from, until);
    const at = sums + (k & mask);
    const slope = v128.bitselect(f32x4.sub(r, q), clamp(r, from, until), m);
    store<f32>(at, load<f32>(at) + f32x4.extract_lane(f32x4.mul(d, slope), 0));
    v128.store32_lane(dx + k, v128.and(d, m), 0);
  }
}

/**
 * To the nearest whole number, ties to even, where that is at most one past the ends, else there: adding 1.5·2^23 leaves no fraction. Pairs of
 * these become one instruction of twice the width, which the engine has no way to make of two roundings.
 */
// @ts-ignore: decorator
@inline
function nearest4(q: v128, below: v128, above: v128, move: v128, sign: v128): v128 {
  const c = clamp(q, below, above);
  return v128.or(f32x4.sub(f32x4.add(c, move), move), v128.and(c, sign));
}

// @ts-ignore: decorator
@inline
function isInside(r: v128, from: v128, until: v128): v128 {
  return v128.and(f32x4.ge(r, from), f32x4.le(r, until));
}

/** Between two numbers; NaN stays. The pseudo-minimum is one instruction where the minimum is many, and gives its first operand where that is NaN. */
// @ts-ignore: decorator
@inline
function clamp(x: v128, from: v128, until: v128): v128 {
  return f32x4.pmin(f32x4.pmax(x, from), until);
}
