/** f32-layer-norm: y = (x - mean)·r·gamma + beta by rows of N, r = 1 / sqrt(variance + epsilon); or, without BETA, y = x·r·gamma, r by the mean of x². */
import { madd } from '../simd/madd';
import { sumLanes } from '../simd/lanes';

// Parameters, as words.
const X: usize = 0;
const TO: usize = 4;
const ROWS: usize = 8;
const N: usize = 12;
const GAMMA: usize = 16;
/** Address, or 0 for normalization by the root mean square alone. */
const BETA: usize = 20;
const EPSILON: usize = 24;
/** Mean and r of each row. */
const MOMENTS: usize = 28;
/** For the gradient: dy, rows of a part, and the sums of dy·(x - mean)·r and of dy of each part, [parts, N] each. */
const DY: usize = 32;
const PART: usize = 36;
const SUMS: usize = 40;
const DY_SUMS: usize = 44;

/** Work items: rows. */
export function f32_layer_norm(p: usize, begin: i32, end: i32, scratch: usize): void {
  const n = load<i32>(p, N);
  const bytes = <usize>n << 2;
  const gamma = <usize>load<u32>(p, GAMMA);
  const beta = <usize>load<u32>(p, BETA);
  const epsilon = load<f32>(p, EPSILON);
  const moments = <usize>load<u32>(p, MOMENTS);
  for (let i = begin; i < end; i++) {
    const x = <usize>load<u32>(p, X) + <usize>i * bytes;
    const to = <usize>load<u32>(p, TO) + <usize>i * bytes;
    const mean = beta == 0 ? <f32>0 : sumOf(x, bytes) / <f32>n;
    const r = inverseRoot(squaresOf(x, bytes, mean) / <f32>n + epsilon);
    store<f32>(moments + (<usize>i << 3), mean);
    store<f32>(moments + (<usize>i << 3), r, 4);
    if (beta == 0) scaled(x, to, bytes, gamma, r);
    else normalized(x, to, bytes, gamma, beta, mean, r);
  }
}

/** 1 / sqrt(x), of vectors: V8 takes the old instruction for a root of scalars, which costs 100 ns after any 256-bit code. */
// @ts-ignore: decorator
@inline
function inverseRoot(x: f32): f32 {
  return f32x4.extract_lane(f32x4.div(f32x4.splat(1), f32x4.sqrt(f32x4.splat(x))), 0);
}

function sumOf(x: usize, bytes: usize): f32 {
  const past = x + bytes;
  let a = f32x4.splat(0);
  let b = f32x4.splat(0);
  for (; x + 32 <= past; x += 32) {
    a = f32x4.add(a, v128.load(x));
    b = f32x4.add(b, v128.load(x, 16));
  }
  let sum = sumLanes(f32x4.add(a, b));
  for (; x < past; x += 4) sum += load<f32>(x);
  return sum;
}

function squaresOf(x: usize, bytes: usize, mean: f32): f32 {
  const past = x + bytes;
  const m = f32x4.splat(mean);
  let a = f32x4.splat(0);
  let b = f32x4.splat(0);
  for (; x + 32 <= past; x += 32) {
    const u = f32x4.sub(v128.load(x), m);
    const v = f32x4.sub(v128.load(x, 16), m);
    a = madd(u, u, a);
    b = madd(v, v, b);
  }
  let sum = sumLanes(f32x4.add(a, b));
  for (; x < past; x += 4) {
    const u = load<f32>(x) - mean;
    sum += u * u;
  }
  return sum;
}

function normalized(x: usize, to: usize, bytes: usize, gamma: usize, beta: usize, mean: f32, r: f32): void {
  const m = f32x4.splat(mean);
  const s = f32x4.splat(r);
  let j: usize = 0;
  for (; j + 32 <= bytes; j += 32) {
    const u = f32x4.mul(f32x4.sub(v128.load(x + j), m), s);
    const v = f32x4.mul(f32x4.sub(v128.load(x + j, 16), m), s);
    v128.store(to + j, madd(u, v128.load(gamma + j), v128.load(beta + j)));
    v128.store(to + j, madd(v, v128.load(gamma + j, 16), v128.load(beta + j, 16)), 16);
  }
  for (; j < bytes; j += 4) store<f32>(to + j, (load<f32>(x + j) - mean) * r * load<f32>(gamma + j) + load<f32>(beta + j));
}

function scaled(x: usize, to: usize, bytes: usize, gamma: usize, r: f32): void {
  const s = f32x4.splat(r);
  let j: usize = 0;
  for (; j + 32 <= bytes; j += 32) {
    v128.store(to + j, f32x4.mul(f32x4.mul(v128.load(x + j), s), v128.load(gamma + j)));
    v128.store(to + j, f32x4.mul(f32x4.mul(v128.load(x + j, 16), s), v128.load(gamma + j, 16)), 16);
  }
  for (; j < bytes; j += 4) store<f32>(to + j, load<f32>(x + j) * r * load<f32>(gamma + j));
}

/**
 * dx = r·(g - mean of g - u·(mean of g·u)), g = dy·gamma, u = (x - mean)·r; without BETA the mean of g is left out.
 * Work items: parts of the rows, so that the sums for gamma and beta are added up in the same order by any number of threads.
 */
export function f32_layer_norm_gradient(p: usize, begin: i32, end: i32, scratch: usize): void {
  const n = load<i32>(p, N);
  const bytes = <usize>n << 2;
  const gamma = <usize>load<u32>(p, GAMMA);
  const centered = load<u32>(p, BETA) != 0;
  const moments = <usize>load<u32>(p, MOMENTS);
  const part = load<i32>(p, PART);
  const rows = load<i32>(p, ROWS);
  for (let item = begin; item < end; item++) {
    const sums = <usize>load<u32>(p, SUMS) + <usize>item * bytes;
    const dySums = <usize>load<u32>(p, DY_SUMS) + <usize>item * bytes;
    memory.fill(sums, 0, bytes);
    memory.fill(dySums, 0, bytes);
    const past = min(rows, (item + 1) * part);
    for (let i = item * part; i < past; i++) {
      const x = <usize>load<u32>(p, X) + <usize>i * bytes;
      const dy = <usize>load<u32>(p, DY) + <usize>i * bytes;
      const mean = load<f32>(moments + (<usize>i << 3));
      const r = load<f32>(moments + (<usize>i << 3), 4);
      gradientOfRow(x, dy, <usize>load<u32>(p, TO) + <usize>i * bytes, bytes, gamma, sums, dySums, mean, r, 1 / <f32>n, centered);
    }
  }
}

function gradientOfRow(x: usize, dy: usize, to: usize, bytes: usize, gamma: usize, sums: usize, sumsOfDy: usize, mean: f32, r: f32, share: f32, centered: bool): void {
  const m = f32x4.splat(mean);
  const s = f32x4.splat(r);
  let g0 = f32x4.splat(0);
  let g1 = f32x4.splat(0);
  let u0 = f32x4.splat(0);
  let u1 = f32x4.splat(0);
  let j: usize = 0;
  for (; j + 32 <= bytes; j += 32) {
    const d = v128.load(dy + j);
    const e = v128.load(dy + j, 16);
    const u = f32x4.mul(f32x4.sub(v128.load(x + j), m), s);
    const v = f32x4.mul(f32x4.sub(v128.load(x + j, 16), m), s);
    const g = f32x4.mul(d, v128.load(gamma + j));
    const h = f32x4.mul(e, v128.load(gamma + j, 16));
    g0 = f32x4.add(g0, g);
    g1 = f32x4.add(g1, h);
    u0 = madd(g, u, u0);
    u1 = madd(h, v, u1);
    v128.store(sums + j, madd(d, u, v128.load(sums + j)));
    v128.store(sums + j, madd(e, v, v128.load(sums + j, 16)), 16);
    v128.store(sumsOfDy + j, f32x4.add(d, v128.load(sumsOfDy + j)));
    v128.store(sumsOfDy + j, f32x4.add(e, v128.load(sumsOfDy + j, 16)), 16);
  }
  let sumG = sumLanes(f32x4.add(g0, g1));
  let sumGU = sumLanes(f32x4.add(u0, u1));
  for (let i = j; i < bytes; i += 4) {
    const d = load<f32>(dy + i);
    const u = (load<f32>(x + i) - mean) * r;
    const g = d * load<f32>(gamma + i);
    sumG += g;
    sumGU += g * u;
    store<f32>(sums + i, load<f32>(sums + i) + d * u);
    store<f32>(sumsOfDy + i, load<f32>(sumsOfDy + i) + d);
  }
  const meanG = centered ? sumG * share : 0;
  const meanGU = sumGU * share;
  const a = f32x4.splat(meanG);
  const b = f32x4.splat(meanGU);
  j = 0;
  for (; j + 32 <= bytes; j += 32) {
    const u = f32x4.mul(f32x4.sub(v128.load(x + j), m), s);
    const v = f32x4.mul(f32x4.sub(v128.load(x + j, 16), m), s);
    const g = f32x4.sub(f32x4.mul(v128.load(dy + j), v128.load(gamma + j)), a);
    const h = f32x4.sub(f32x4.mul(v128.load(dy + j, 16), v128.load(gamma + j, 16)), a);
    v128.store(to + j, f32x4.mul(s, f32x4.sub(g, f32x4.mul(u, b))));
    v128.store(to + j, f32x4.mul(s, f32x4.sub(h, f32x4.mul(v, b))), 16);
  }
  for (; j < bytes; j += 4) {
    const u = (load<f32>(x + j) - mean) * r;
    store<f32>(to + j, r * (load<f32>(dy + j) * load<f32>(gamma + j) - meanG - u * meanGU));
  }
}
