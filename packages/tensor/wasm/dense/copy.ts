/** copy-runs: runs of bytes from one layout to another, by strides that may be 0 or negative. */
import { fillBytes } from './fill-bytes';

/** Bytes of a run that one work item copies. */
const PIECE: i32 = 65536;

/** Bytes from which on a call of the engine pays. */
const LONG: usize = 16384;

// Parameters, as words; strides in bytes.
const X: usize = 0;
const TO: usize = 4;
/** Bytes of a run, and how many work items a run is, which is 1 unless INNER is 1. */
const RUN: usize = 8;
const PIECES: usize = 12;
/** Runs that one work item copies, and their strides. */
const INNER: usize = 16;
const INNER_IN: usize = 20;
const INNER_OUT: usize = 24;
/** Axes outside, at most 6: sizes, strides of the input and of the output. */
const RANK: usize = 28;
const SIZES: usize = 32;
const STRIDES_IN: usize = 56;
const STRIDES_OUT: usize = 80;
/** Bytes before and after each run of the output that get WORD: padding. */
const LEFT: usize = 104;
const RIGHT: usize = 108;
const WORD: usize = 112;

/** Work items: the product of the outer sizes, times PIECES. */
export function copy_runs(p: usize, begin: i32, end: i32, scratch: usize): void {
  const run = load<i32>(p, RUN);
  const pieces = load<i32>(p, PIECES);
  const inner = load<i32>(p, INNER);
  const stepIn = load<i32>(p, INNER_IN);
  const stepOut = load<i32>(p, INNER_OUT);
  const left = <usize>load<u32>(p, LEFT);
  const right = <usize>load<u32>(p, RIGHT);
  const word = load<i32>(p, WORD);
  for (let item = begin; item < end; item++) {
    let rest = item / pieces;
    const from = (item - rest * pieces) * PIECE;
    let x = <usize>load<u32>(p, X) + <usize>from;
    let to = <usize>load<u32>(p, TO) + <usize>from;
    for (let axis = (<usize>load<i32>(p, RANK)) << 2; axis != 0; ) {
      axis -= 4;
      const size = load<i32>(p + axis, SIZES);
      const up = rest / size;
      const at = rest - up * size;
      x += at * load<i32>(p + axis, STRIDES_IN);
      to += at * load<i32>(p + axis, STRIDES_OUT);
      rest = up;
    }
    if (run == 4 && (left | right) == 0) {
      for (let i = 0; i < inner; i++) {
        store<u32>(to, load<u32>(x));
        x += stepIn;
        to += stepOut;
      }
    } else {
      const bytes = <usize>min(PIECE, run - from);
      for (let i = 0; i < inner; i++) {
        if (from == 0) fillBytes(to - left, to, word);
        copyBytes(to, x, bytes);
        const past = to + bytes;
        if (from + PIECE >= run) fillBytes(past, past + right, word);
        x += stepIn;
        to += stepOut;
      }
    }
  }
}

// Parameters of the gathering; strides in bytes.
const INDICES: usize = 32;
/** Bytes of a row, rows to choose from, rows chosen. */
const ROW: usize = 8;
const CHOICES: usize = 12;
const CHOSEN: usize = 16;
/** How many groups of rows the same indices choose from, before the next indices are taken. */
const GROUPS: usize = 20;

/** Work items: rows of the output [batch, group, chosen]. */
export function gather_rows(p: usize, begin: i32, end: i32, scratch: usize): void {
  const bytes = <usize>load<u32>(p, ROW);
  const choices = load<i32>(p, CHOICES);
  const chosen = load<i32>(p, CHOSEN);
  const groups = load<i32>(p, GROUPS);
  const indices = <usize>load<u32>(p, INDICES);
  let to = <usize>load<u32>(p, TO) + <usize>begin * bytes;
  for (let item = begin; item < end; item++) {
    const group = item / chosen;
    const at = item - group * chosen;
    const index = load<i32>(indices + (<usize>((group / groups) * chosen + at) << 2));
    const x = <usize>load<u32>(p, X) + <usize>(group * choices + index) * bytes;
    if (bytes == 4) store<u32>(to, load<u32>(x));
    else copyBytes(to, x, bytes);
    to += bytes;
  }
}

/** Work items: one, all CHOICES rows, so that of several for the same place the last is what stays. */
export function scatter_rows(p: usize, begin: i32, end: i32, scratch: usize): void {
  const bytes = <usize>load<u32>(p, ROW);
  const to = <usize>load<u32>(p, TO);
  let at = <usize>load<u32>(p, INDICES);
  const past = at + (<usize>load<u32>(p, CHOICES) << 2);
  let x = <usize>load<u32>(p, X);
  const isFew = bytes < 32 && (bytes & 3) == 0;
  for (; at < past; at += 4) {
    const row = to + <usize>load<u32>(at) * bytes;
    if (isFew) {
      for (let j: usize = 0; j < bytes; j += 4) store<u32>(row + j, load<u32>(x + j));
    } else copyBytes(row, x, bytes);
    x += bytes;
  }
}

function copyBytes(to: usize, x: usize, bytes: usize): void {
  const past = to + bytes;
  if (bytes >= LONG) {
    // The engine's own copying doesn't read what it writes over.
    memory.copy(to, x, bytes);
    return;
  }
  if (bytes >= 16) {
    for (; to + 64 <= past; to += 64) {
      const a = v128.load(x);
      const b = v128.load(x, 16);
      const c = v128.load(x, 32);
      const d = v128.load(x, 48);
      v128.store(to, a);
      v128.store(to, b, 16);
      v128.store(to, c, 32);
      v128.store(to, d, 48);
      x += 64;
    }
    for (; to + 16 <= past; to += 16) {
      v128.store(to, v128.load(x));
      x += 16;
    }
    // The last 16 bytes, some of them for the second time.
    if (to < past) v128.store(past - 16, v128.load(x + (past - to) - 16));
    return;
  }
  // Both ends, which may meet.
  if (bytes >= 8) {
    const end = load<u64>(x + bytes - 8);
    store<u64>(to, load<u64>(x));
    store<u64>(past - 8, end);
  } else if (bytes >= 4) {
    const end = load<u32>(x + bytes - 4);
    store<u32>(to, load<u32>(x));
    store<u32>(past - 4, end);
  } else {
    for (; to < past; to++) {
      store<u8>(to, load<u8>(x));
      x++;
    }
  }
}
