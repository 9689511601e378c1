/**
 * Walks the blocks of an elementwise kernel: what each operand's values for the next elements of the output are, one
 * after another, whatever is broadcast. Kernels see only runs of a multiple of RUN elements.
 *
 * The output is `rows` of `n` elements, in one of two splits into work items: `group` rows each, or, where rows are
 * long, `pieces` of a row each. An operand that doesn't lie in memory as the output does is laid out in the thread's
 * scratch, once if all rows have the same values.
 */

/** Elements a kernel does at least; it never gets a number that isn't a multiple. */
export const RUN: i32 = 16;

// Parameters, as words.
const OUT: usize = 0;
/** Logarithm of the bytes of an element. */
const OUT_SHIFT: usize = 4;
const N: usize = 8;
const PIECE: usize = 12;
const PIECES: usize = 16;
const ROWS: usize = 20;
const GROUP: usize = 24;
/** Axes that `rows` is the product of, at most 5. */
const RANK: usize = 28;
const OPERANDS: usize = 32;
/** Two numbers for the kernel. */
export const C: usize = 36;
export const D: usize = 40;
const SIZES: usize = 44;
const FIRST_OPERAND: usize = 64;
const OPERAND_BYTES: usize = 36;
// Of an operand:
const ADDRESS: usize = 0;
const SHIFT: usize = 4;
/** 1 if it has a value for each element of a row, 0 if one for all. */
const INNER: usize = 8;
/** 0 lies in memory as the output does, 1 same values for all rows, 2 values by the strides. */
const KIND: usize = 12;
const STRIDES: usize = 16;

// State, at the start of the scratch.
const ITEM: usize = 0;
const END: usize = 4;
const STATE: usize = 8;
const COUNT: usize = 12;
/** Where the operands' values of the current run are, where its results go, and how many elements it has. */
export const X: usize = 16;
export const Y: usize = 20;
export const Z: usize = 24;
export const TO: usize = 28;
export const RUNNING: usize = 32;
const DESTINATION: usize = 36;
const FILLED: usize = 40;
/** Of each operand, 0 where its values of the current run are one, which stands RUN times, else 1. */
export const MOVES: usize = 56;
/** Short runs: an operand's values, and the results. */
const SHORT: usize = 128;
const SHORT_RESULTS: usize = 320;
/** Where kernels keep the constants of vector functions. */
export const CONSTANTS: usize = 1024;
/** Operands laid out. */
const LAID: usize = 4096;
const LAID_BYTES: usize = 65536;

// What is left of the current item:
const NOTHING: i32 = 0;
/** The last RUN elements, some of them for the second time. */
const REST: i32 = 1;
/** To copy the results of a short run to the output. */
const COPY: i32 = 2;

export function open(begin: i32, end: i32, s: usize): void {
  store<i32>(s, begin, ITEM);
  store<i32>(s, end, END);
  store<i32>(s, NOTHING, STATE);
  v128.store(s, i32x4.splat(0), FILLED);
}

/** Goes to the next run; false if there is none. */
export function next(p: usize, s: usize): bool {
  const state = load<i32>(s, STATE);
  const operands = load<i32>(p, OPERANDS);
  const outShift = load<u32>(p, OUT_SHIFT);
  if (state == REST) {
    const back = <usize>(load<i32>(s, COUNT) - RUN);
    for (let k: usize = 0; k < <usize>operands; k++) {
      const at = s + X + (k << 2);
      store<u32>(at, load<u32>(at) + ((back * load<u32>(at, MOVES - X)) << load<u32>(p + FIRST_OPERAND + k * OPERAND_BYTES, SHIFT)));
    }
    store<u32>(s, load<u32>(s, TO) + (back << outShift), TO);
    store<i32>(s, RUN, RUNNING);
    store<i32>(s, NOTHING, STATE);
    return true;
  }
  if (state == COPY) {
    copy(load<u32>(s, DESTINATION), s + SHORT_RESULTS, <usize>load<i32>(s, COUNT) << outShift);
    store<i32>(s, NOTHING, STATE);
  }
  const item = load<i32>(s, ITEM);
  if (item >= load<i32>(s, END)) return false;
  store<i32>(s, item + 1, ITEM);

  const n = load<i32>(p, N);
  const pieces = load<i32>(p, PIECES);
  let row = item;
  let rows = 1;
  let from = 0;
  let count = n;
  if (pieces > 1) {
    const piece = load<i32>(p, PIECE);
    row = item / pieces;
    from = (item - row * pieces) * piece;
    count = min(piece, n - from);
  } else {
    const group = load<i32>(p, GROUP);
    row = item * group;
    rows = min(group, load<i32>(p, ROWS) - row);
    count = rows * n;
  }
  const first = row * n + from;
  const to = load<u32>(p, OUT) + (<usize>first << outShift);
  store<i32>(s, count, COUNT);
  for (let k: usize = 0; k < <usize>operands; k++) {
    const q = p + FIRST_OPERAND + k * OPERAND_BYTES;
    const shift = load<u32>(q, SHIFT);
    let at: usize = load<u32>(q);
    const kind = load<i32>(q, KIND);
    store<i32>(s + (k << 2), 1, MOVES);
    if (kind == 0) at += <usize>first << shift;
    else at = lay(p, q, s, k, row, rows, from, count);
    if (count < RUN) {
      const short = s + SHORT + (k << 6);
      copy(short, at, <usize>count << shift);
      at = short;
    }
    store<u32>(s + (k << 2), at, X);
  }
  if (count < RUN) {
    store<u32>(s, to, DESTINATION);
    store<u32>(s, s + SHORT_RESULTS, TO);
    store<i32>(s, RUN, RUNNING);
    store<i32>(s, COPY, STATE);
  } else {
    store<u32>(s, to, TO);
    store<i32>(s, count & -RUN, RUNNING);
    if ((count & (RUN - 1)) != 0) store<i32>(s, REST, STATE);
  }
  return true;
}

/** Address of the values of a broadcast operand for the rows from `row` on. */
function lay(p: usize, q: usize, s: usize, k: usize, row: i32, rows: i32, from: i32, count: i32): usize {
  const shift = load<u32>(q, SHIFT);
  const address = <usize>load<u32>(q);
  const inner = load<i32>(q, INNER) != 0;
  const group = load<i32>(p, GROUP);
  const fixed = load<i32>(q, KIND) == 1;
  if (inner && group == 1) return address + (<usize>((fixed ? 0 : position(p, q, row)) + from) << shift);
  const laid = s + LAID + k * LAID_BYTES;
  if (!inner && (fixed || group == 1)) {
    store<i32>(s + (k << 2), 0, MOVES);
    splat(laid, address + (<usize>(fixed ? 0 : position(p, q, row)) << shift), RUN, shift);
    return laid;
  }
  if (fixed) {
    const filled = s + FILLED + (k << 2);
    // A short last group may come first on some thread: it says how much is laid out.
    if (load<i32>(filled) < count) {
      store<i32>(filled, count);
      repeat(laid, address, load<i32>(p, N), rows, shift);
    }
    return laid;
  }
  const n = load<i32>(p, N);
  let to = laid;
  for (let i = 0; i < rows; i++) {
    const at = address + (<usize>position(p, q, row + i) << shift);
    if (inner) copy(to, at, <usize>n << shift);
    else splat(to, at, n, shift);
    to += <usize>n << shift;
  }
  return laid;
}

/** Elements from the operand's start to its values for a row. */
function position(p: usize, q: usize, row: i32): i32 {
  let at = 0;
  for (let axis: usize = <usize>(load<i32>(p, RANK) - 1) << 2; axis != 0; axis -= 4) {
    const size = load<i32>(p + axis, SIZES);
    const up = row / size;
    at += (row - up * size) * load<i32>(q + axis, STRIDES);
    row = up;
  }
  return at + row * load<i32>(q, STRIDES);
}

function repeat(to: usize, from: usize, n: i32, rows: i32, shift: u32): void {
  const bytes = <usize>n << shift;
  for (let i = 0; i < rows; i++) {
    copy(to, from, bytes);
    to += bytes;
  }
}

/** Writes one value `count` times, and up to 15 bytes more. */
function splat(to: usize, from: usize, count: i32, shift: u32): void {
  const value = shift == 2 ? v128.load32_splat(from) : v128.load8_splat(from);
  const past = to + (<usize>count << shift);
  for (; to + 64 <= past; to += 64) {
    v128.store(to, value);
    v128.store(to, value, 16);
    v128.store(to, value, 32);
    v128.store(to, value, 48);
  }
  for (; to < past; to += 16) v128.store(to, value);
}

/** Copies bytes that are few, or a multiple of 4 beginning at a multiple of 4. */
function copy(to: usize, from: usize, bytes: usize): void {
  const past = to + bytes;
  if (bytes >= 16) {
    for (; to + 16 <= past; to += 16) {
      v128.store(to, v128.load(from));
      from += 16;
    }
  }
  for (; to + 4 <= past; to += 4) {
    store<u32>(to, load<u32>(from));
    from += 4;
  }
  for (; to < past; to++) {
    store<u8>(to, load<u8>(from));
    from++;
  }
}
