/**
 * qf-gemv: y = activation(x·W + bias) for float rows x and a weight of 8 or 4 bits, which becomes floats a tile of CHUNK inputs and 16 units at
 * a time, for all rows.
 */
import { finishRow } from '../dense/epilogue';
import { madd } from '../simd/madd';

/** Inputs of a tile; a multiple of 8. */
const CHUNK: i32 = 256;

// Parameters, as words.
const X: usize = 0;
const W: usize = 4;
const SCALES: usize = 8;
/** i32 by panels and groups, or 0. */
const ZEROS: usize = 12;
const Y: usize = 16;
const ROWS: usize = 20;
const UNITS: usize = 24;
/** Groups of inputs; without them 1. */
const GROUPS: usize = 28;
const NIBBLES: usize = 32;
const BIAS: usize = 36;
const ACTIVATION: usize = 40;
const SLOPE: usize = 44;
const INPUTS: usize = 48;
/** Inputs of a group, a multiple of 8; without groups all inputs, of any number. */
const SIZE: usize = 52;

/** Scratch: a tile as floats, then a row's result. */
const TILE: usize = 0;
const ROW: usize = 65536;

/** Work items: panels. */
export function qf_gemv(p: usize, begin: i32, end: i32, scratch: usize): void {
  const rows = load<i32>(p, ROWS);
  const units = load<i32>(p, UNITS);
  const inputs = load<i32>(p, INPUTS);
  const size = load<i32>(p, SIZE);
  const groups = load<i32>(p, GROUPS);
  const nibbles = load<i32>(p, NIBBLES) != 0;
  const zeros = load<u32>(p, ZEROS);
  const bias = load<u32>(p, BIAS);
  const quads = (inputs + 3) >> 2;
  const panelBytes = nibbles ? <usize>((quads + 1) & ~1) << 5 : <usize>quads << 6;
  for (let panel = begin; panel < end; panel++) {
    const w = load<u32>(p, W) + <usize>panel * panelBytes;
    const left = panel << 4;
    const width = min(16, units - left);
    for (let group = 0; group < groups; group++) {
      const at = (<usize>(panel * groups + group)) << 6;
      const scales = load<u32>(p, SCALES) + at;
      for (let k = group * size; k < (group + 1) * size; k += CHUNK) {
        const steps = min(CHUNK, (group + 1) * size - k);
        if (nibbles) tile4(w + (<usize>k << 3), steps, scales, zeros == 0 ? 0 : zeros + at, scratch + TILE);
        else tile8(w + (<usize>k << 4), steps, scales, zeros == 0 ? 0 : zeros + at, scratch + TILE);
        for (let row = 0; row < rows; row++) {
          const y = load<u32>(p, Y) + ((<usize>row * <usize>units + <usize>left) << 2);
          const x = load<u32>(p, X) + ((<usize>row * <usize>inputs + <usize>k) << 2);
          const to = width == 16 ? y : scratch + ROW;
          if (width != 16 && k > 0) memory.copy(to, y, width << 2);
          multiply(x, scratch + TILE, steps, to, k > 0);
          if (width != 16) memory.copy(y, to, width << 2);
        }
      }
    }
    if (bias == 0 && load<i32>(p, ACTIVATION) == 0) continue;
    for (let row = 0; row < rows; row++) {
      const y = load<u32>(p, Y) + ((<usize>row * <usize>units + <usize>left) << 2);
      finishRow(y, width, bias == 0 ? 0 : bias + (<usize>left << 2), load<i32>(p, ACTIVATION), load<f32>(p, SLOPE));
    }
  }
}

/** y (+)= x·tile. */
function multiply(x: usize, tile: usize, steps: i32, y: usize, add: bool): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let b0 = a0;
  let b1 = a0;
  let b2 = a0;
  let b3 = a0;
  let past = x + (<usize>(steps & ~1) << 2);
  while (x < past) {
    const u = v128.load32_splat(x);
    const v = v128.load32_splat(x, 4);
    a0 = madd(u, v128.load(tile), a0);
    a1 = madd(u, v128.load(tile, 16), a1);
    a2 = madd(u, v128.load(tile, 32), a2);
    a3 = madd(u, v128.load(tile, 48), a3);
    b0 = madd(v, v128.load(tile, 64), b0);
    b1 = madd(v, v128.load(tile, 80), b1);
    b2 = madd(v, v128.load(tile, 96), b2);
    b3 = madd(v, v128.load(tile, 112), b3);
    x += 8;
    tile += 128;
  }
  if ((steps & 1) != 0) {
    const u = v128.load32_splat(x);
    a0 = madd(u, v128.load(tile), a0);
    a1 = madd(u, v128.load(tile, 16), a1);
    a2 = madd(u, v128.load(tile, 32), a2);
    a3 = madd(u, v128.load(tile, 48), a3);
  }
  a0 = f32x4.add(a0, b0);
  a1 = f32x4.add(a1, b1);
  a2 = f32x4.add(a2, b2);
  a3 = f32x4.add(a3, b3);
  if (add) {
    a0 = f32x4.add(a0, v128.load(y));
    a1 = f32x4.add(a1, v128.load(y, 16));
    a2 = f32x4.add(a2, v128.load(y, 32));
    a3 = f32x4.add(a3, v128.load(y, 48));
  }
  v128.store(y, a0);
  v128.store(y, a1, 16);
  v128.store(y, a2, 32);
  v128.store(y, a3, 48);
}

/** Quads of bytes to floats, input by input. */
function tile8(w: usize, steps: i32, scales: usize, zeros: usize, to: usize): void {
  for (let q = 0; q < steps; q += 4) {
    for (let j: usize = 0; j < 64; j += 16) {
      const z = zeros == 0 ? i32x4.splat(0) : v128.load(zeros + j);
      floats(v128.load(w + j), z, v128.load(scales + j), to + j);
    }
    w += 64;
    to += 256;
  }
}

/** Nibbles: low ones are an even quad, high ones the next; each has 8 added. */
function tile4(w: usize, steps: i32, scales: usize, zeros: usize, to: usize): void {
  const fifteen = i8x16.splat(15);
  const eight = i32x4.splat(8);
  for (let q = 0; q < steps; q += 8) {
    for (let j: usize = 0; j < 64; j += 16) {
      const z = zeros == 0 ? eight : i32x4.add(eight, v128.load(zeros + j));
      const v = v128.load(w + j);
      const s = v128.load(scales + j);
      floats(v128.and(v, fifteen), z, s, to + j);
      floats(v128.and(i16x8.shr_u(v, 4), fifteen), z, s, to + 256 + j);
    }
    w += 64;
    to += 512;
  }
}

/** Four units' quads: (q - zero)·scale, to four rows of 16 units. */
// @ts-ignore: decorator
@inline
function floats(v: v128, z: v128, s: v128, to: usize): void {
  const byInput = i8x16.shuffle(v, v, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const low = i16x8.extend_low_i8x16_s(byInput);
  const high = i16x8.extend_high_i8x16_s(byInput);
  v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.sub(i32x4.extend_low_i16x8_s(low), z)), s));
  v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.sub(i32x4.extend_high_i16x8_s(low), z)), s), 64);
  v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.sub(i32x4.extend_low_i16x8_s(high), z)), s), 128);
  v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.sub(i32x4.extend_high_i16x8_s(high), z)), s), 192);
}
