/** f32-scale-rows: Y[batch, rows] = activation(Y · inputScale · scale + bias) with a scale a row, for Y in blocks (see layout.ts). */
import { finishRow } from '../dense/epilogue';
import { BLOCK, blockAt, blockWidth, clearBeyond, GROUP } from './layout';

// Parameters, as words.
const Y: usize = 0;
const ROWS: usize = 4;
const BATCH: usize = 8;
/** Address of a scale a row. */
const SCALES: usize = 12;
const INPUT_SCALE: usize = 16;
/** Address of a value a row, or 0. */
const BIAS: usize = 20;
const ACTIVATION: usize = 24;
const SLOPE: usize = 28;

/** Work items: groups of rows, block after block. */
export function f32_scale_rows(p: usize, begin: i32, end: i32, scratch: usize): void {
  const rows = load<i32>(p, ROWS);
  const batch = load<i32>(p, BATCH);
  const scales = load<u32>(p, SCALES);
  const bias = load<u32>(p, BIAS);
  const inputScale = load<f32>(p, INPUT_SCALE);
  const activation = load<i32>(p, ACTIVATION);
  const groups = (rows + GROUP - 1) / GROUP;
  for (let item = begin; item < end; item++) {
    const block = item / groups;
    const first = (item - block * groups) * GROUP;
    const past = min(rows, first + GROUP);
    const width = blockWidth(block, batch);
    const bytes = <usize>width << 2;
    const from = blockAt(load<u32>(p, Y), block, rows) + <usize>first * bytes;
    let at = from;
    for (let row = first; row < past; row++) {
      const offset = <usize>row << 2;
      const factor = f32x4.splat(inputScale * load<f32>(scales + offset));
      const start = f32x4.splat(bias != 0 ? load<f32>(bias + offset) : 0);
      // Multiplied and added apart, as every tier can.
      for (const past = at + bytes; at < past; at += 16) v128.store(at, f32x4.add(f32x4.mul(v128.load(at), factor), start));
    }
    if (activation != 0) finishRow(from, width * (past - first), 0, activation, load<f32>(p, SLOPE));
    clearBeyond(from, min(BLOCK, batch - block * BLOCK), width, past - first);
  }
}
