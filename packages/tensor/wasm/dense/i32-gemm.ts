/** i32-gemm: C[m, n] = op(A)·op(B) on 32-bit integers, modulo 2^32. Simple, since nothing trains on integers. */
const A: usize = 0;
const B: usize = 4;
const C: usize = 8;
const N: usize = 12;
const K: usize = 16;
/** Bytes from one value to the next: along rows and along k of op(A), along k and along columns of op(B). */
const A_ROW: usize = 20;
const A_K: usize = 24;
const B_K: usize = 28;
const B_COLUMN: usize = 32;

/** Work items: rows. */
export function i32_gemm(p: usize, begin: i32, end: i32, scratch: usize): void {
  const n = load<i32>(p, N);
  const k = load<i32>(p, K);
  const stepA = load<u32>(p, A_K);
  const stepB = load<u32>(p, B_K);
  const column = load<u32>(p, B_COLUMN);
  const bytes = <usize>n << 2;
  for (let i = begin; i < end; i++) {
    const to = load<u32>(p, C) + <usize>i * bytes;
    memory.fill(to, 0, bytes);
    let a = load<u32>(p, A) + <usize>i * load<u32>(p, A_ROW);
    let b = load<u32>(p, B);
    for (let l = 0; l < k; l++) {
      addRow(to, bytes, load<i32>(a), b, column);
      a += stepA;
      b += stepB;
    }
  }
}

function addRow(to: usize, bytes: usize, factor: i32, b: usize, column: usize): void {
  let j: usize = 0;
  if (column == 4) {
    const factors = i32x4.splat(factor);
    for (; j + 16 <= bytes; j += 16) v128.store(to + j, i32x4.add(v128.load(to + j), i32x4.mul(factors, v128.load(b + j))));
    b += j;
  }
  for (; j < bytes; j += 4) {
    store<i32>(to + j, load<i32>(to + j) + factor * load<i32>(b));
    b += column;
  }
}
