/**
 * f32-softmax and f32-log-softmax of rows, and f32-softmax-cross-entropy, by rows of N.
 *
 * The largest value of a row is subtracted first, so nothing overflows; what is below e^-87 of it counts as 0. A row with NaN or
 * +infinity gives NaN.
 */
import { writeConstants } from '../simd/constants';
import { expOrZero as exp } from '../simd/exp';
import { log } from '../simd/log';
import { maxLanes, sumLanes } from '../simd/lanes';

// Parameters, as words.
const X: usize = 0;
const TO: usize = 4;
const N: usize = 8;
/** Of the cross-entropy: one label a row, or N probabilities a row. */
const LABELS: usize = 12;
const DENSE: usize = 16;
const LOSS: usize = 20;
const DY: usize = 24;

/** Work items: rows. */
export function f32_softmax(p: usize, begin: i32, end: i32, k: usize): void {
  const n = load<i32>(p, N);
  const stride = <usize>n << 2;
  let x = <usize>load<u32>(p, X) + <usize>begin * stride;
  let to = <usize>load<u32>(p, TO) + <usize>begin * stride;
  writeConstants(k);
  for (let i = begin; i < end; i++) {
    const sum = exponentials(x, to, n, rowMax(x, n), k);
    divideRow(to, n, sum);
    x += stride;
    to += stride;
  }
}

/** Work items: rows. */
export function f32_log_softmax(p: usize, begin: i32, end: i32, k: usize): void {
  const n = load<i32>(p, N);
  const stride = <usize>n << 2;
  let x = <usize>load<u32>(p, X) + <usize>begin * stride;
  let to = <usize>load<u32>(p, TO) + <usize>begin * stride;
  writeConstants(k);
  for (let i = begin; i < end; i++) {
    const most = rowMax(x, n);
    const logSum = logarithm(exponentials(x, to, n, most, k), k);
    subtractRow(x, to, n, most, logSum);
    x += stride;
    to += stride;
  }
}

/**
 * The softmax of each row and, to LOSS, its cross-entropy with the row's label: log(sum(e^(x - max))) - (x[label] - max),
 * or with N probabilities q: sum(q)·log(...) - sum(q·(x - max)). Work items: rows.
 */
export function f32_softmax_cross_entropy(p: usize, begin: i32, end: i32, k: usize): void {
  const n = load<i32>(p, N);
  const stride = <usize>n << 2;
  const dense = load<i32>(p, DENSE) != 0;
  const labels = <usize>load<u32>(p, LABELS);
  let loss = <usize>load<u32>(p, LOSS) + (<usize>begin << 2);
  let x = <usize>load<u32>(p, X) + <usize>begin * stride;
  let to = <usize>load<u32>(p, TO) + <usize>begin * stride;
  writeConstants(k);
  for (let i = begin; i < end; i++) {
    const most = rowMax(x, n);
    const sum = exponentials(x, to, n, most, k);
    const logSum = logarithm(sum, k);
    let value: f32;
    if (dense) {
      const q = labels + <usize>i * stride;
      value = 0;
      // Probability 0 of an impossible class costs nothing, though its logarithm is -infinity.
      for (let j: usize = 0; j < stride; j += 4) {
        const probability = load<f32>(q + j);
        if (probability != 0) value += probability * (logSum - (load<f32>(x + j) - most));
      }
    } else {
      const label = load<i32>(labels + (<usize>i << 2));
      // A label out of range has no loss to speak of.
      value = label >= 0 && label < n ? logSum - (load<f32>(x + (<usize>label << 2)) - most) : f32.NaN;
    }
    store<f32>(loss, value);
    divideRow(to, n, sum);
    loss += 4;
    x += stride;
    to += stride;
  }
}

/** dy·(probabilities - label as probabilities). Work items: rows. */
export function f32_softmax_cross_entropy_gradient(p: usize, begin: i32, end: i32, k: usize): void {
  const n = load<i32>(p, N);
  const stride = <usize>n << 2;
  const dense = load<i32>(p, DENSE) != 0;
  const labels = <usize>load<u32>(p, LABELS);
  const dy = <usize>load<u32>(p, DY);
  let x = <usize>load<u32>(p, X) + <usize>begin * stride;
  let to = <usize>load<u32>(p, TO) + <usize>begin * stride;
  for (let i = begin; i < end; i++) {
    const scale = load<f32>(dy + (<usize>i << 2));
    if (dense) differenceRow(x, labels + <usize>i * stride, to, n, scale);
    else {
      scaleRow(x, to, n, scale);
      const label = load<i32>(labels + (<usize>i << 2));
      if (label >= 0 && label < n) {
        const at = <usize>label << 2;
        store<f32>(to + at, scale * (load<f32>(x + at) - 1));
      }
    }
    x += stride;
    to += stride;
  }
}

/** The largest value; whether a NaN is passed over doesn't matter, since its own exponential makes the row's sum NaN. */
function rowMax(x: usize, n: i32): f32 {
  const past = x + (<usize>n << 2);
  if (n < 8) {
    let most = load<f32>(x);
    for (x += 4; x < past; x += 4) most = max<f32>(most, load<f32>(x));
    return most;
  }
  let a = v128.load(x);
  let b = v128.load(x, 16);
  const last = past - 32;
  for (x += 32; x <= last; x += 32) {
    a = f32x4.pmax(a, v128.load(x));
    b = f32x4.pmax(b, v128.load(x, 16));
  }
  // What is left, some of it for the second time.
  a = f32x4.pmax(a, v128.load(last));
  b = f32x4.pmax(b, v128.load(last, 16));
  return maxLanes(f32x4.max(a, b));
}

/** Writes e^(x - most) and returns the sum; the lanes past the end of a row count 0. */
function exponentials(x: usize, to: usize, n: i32, most: f32, k: usize): f32 {
  const m = f32x4.splat(most);
  const past = x + (<usize>n << 2);
  let a = f32x4.splat(0);
  let b = f32x4.splat(0);
  for (; x + 64 <= past; x += 64) {
    const u = exp(f32x4.sub(v128.load(x), m), k);
    const v = exp(f32x4.sub(v128.load(x, 16), m), k);
    const w = exp(f32x4.sub(v128.load(x, 32), m), k);
    const z = exp(f32x4.sub(v128.load(x, 48), m), k);
    v128.store(to, u);
    v128.store(to, v, 16);
    v128.store(to, w, 32);
    v128.store(to, z, 48);
    a = f32x4.add(a, f32x4.add(u, w));
    b = f32x4.add(b, f32x4.add(v, z));
    to += 64;
  }
  for (; x + 32 <= past; x += 32) {
    const u = exp(f32x4.sub(v128.load(x), m), k);
    const v = exp(f32x4.sub(v128.load(x, 16), m), k);
    v128.store(to, u);
    v128.store(to, v, 16);
    a = f32x4.add(a, u);
    b = f32x4.add(b, v);
    to += 32;
  }
  if (x < past) {
    // The rest by way of the scratch, filled up with -infinity, whose exponential is 0.
    const spare = k + SPARE;
    const count = past - x;
    v128.store(spare, f32x4.splat(f32.NEGATIVE_INFINITY));
    v128.store(spare, f32x4.splat(f32.NEGATIVE_INFINITY), 16);
    for (let j: usize = 0; j < count; j += 4) store<f32>(spare + j, load<f32>(x + j) - most);
    const u = exp(v128.load(spare), k);
    const v = exp(v128.load(spare, 16), k);
    v128.store(spare, u);
    v128.store(spare, v, 16);
    a = f32x4.add(a, u);
    b = f32x4.add(b, v);
    for (let j: usize = 0; j < count; j += 4) store<f32>(to + j, load<f32>(spare + j));
  }
  return sumLanes(f32x4.add(a, b));
}
/** Past the constants in the scratch. */
const SPARE: usize = 512;

function logarithm(value: f32, k: usize): f32 {
  return f32x4.extract_lane(log(f32x4.splat(value), k), 0);
}

function divideRow(to: usize, n: i32, by: f32): void {
  const divisor = f32x4.splat(by);
  const past = to + (<usize>n << 2);
  for (; to + 32 <= past; to += 32) {
    const a = f32x4.div(v128.load(to), divisor);
    const b = f32x4.div(v128.load(to, 16), divisor);
    v128.store(to, a);
    v128.store(to, b, 16);
  }
  for (; to < past; to += 4) store<f32>(to, load<f32>(to) / by);
}

function subtractRow(x: usize, to: usize, n: i32, most: f32, logSum: f32): void {
  const m = f32x4.splat(most);
  const l = f32x4.splat(logSum);
  const past = to + (<usize>n << 2);
  for (; to + 32 <= past; to += 32) {
    const a = f32x4.sub(f32x4.sub(v128.load(x), m), l);
    const b = f32x4.sub(f32x4.sub(v128.load(x, 16), m), l);
    v128.store(to, a);
    v128.store(to, b, 16);
    x += 32;
  }
  for (; to < past; to += 4) {
    store<f32>(to, load<f32>(x) - most - logSum);
    x += 4;
  }
}

function scaleRow(x: usize, to: usize, n: i32, by: f32): void {
  const scale = f32x4.splat(by);
  const past = to + (<usize>n << 2);
  for (; to + 32 <= past; to += 32) {
    const a = f32x4.mul(v128.load(x), scale);
    const b = f32x4.mul(v128.load(x, 16), scale);
    v128.store(to, a);
    v128.store(to, b, 16);
    x += 32;
  }
  for (; to < past; to += 4) {
    store<f32>(to, load<f32>(x) * by);
    x += 4;
  }
}

function differenceRow(x: usize, q: usize, to: usize, n: i32, by: f32): void {
  const scale = f32x4.splat(by);
  const past = to + (<usize>n << 2);
  for (; to + 32 <= past; to += 32) {
    const a = f32x4.mul(f32x4.sub(v128.load(x), v128.load(q)), scale);
    const b = f32x4.mul(f32x4.sub(v128.load(x, 16), v128.load(q, 16)), scale);
    v128.store(to, a);
    v128.store(to, b, 16);
    x += 32;
    q += 32;
  }
  for (; to < past; to += 4) {
    store<f32>(to, (load<f32>(x) - load<f32>(q)) * by);
    x += 4;
    q += 4;
  }
}
