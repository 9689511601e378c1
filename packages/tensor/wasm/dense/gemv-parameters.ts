/** The parameters of f32-gemv, as words, and what ends it. */
import { finishRow } from './epilogue';

export const W: usize = 0;
export const X: usize = 4;
export const Y: usize = 8;
export const ROWS: usize = 12;
export const COLUMNS: usize = 16;
export const BIAS: usize = 20;
/** 0, or 4 if each value of y has a bias of its own. */
export const BIAS_STEP: usize = 24;
export const ACTIVATION: usize = 28;
export const SLOPE: usize = 32;
/** Of `f32_gemv_parts`. */
export const PARTS: usize = 36;
/** What a W of 16 bits is stored as: see widen-rows. */
export const STORED: usize = 40;

/** Adds the bias and applies the activation to some values of y. */
export function finish(p: usize, y: usize, first: i32, past: i32): void {
  const bias = load<u32>(p, BIAS);
  const activation = load<i32>(p, ACTIVATION);
  if (bias == 0 && activation == 0) return;
  const slope = load<f32>(p, SLOPE);
  if (load<i32>(p, BIAS_STEP) != 0) {
    finishRow(y + (<usize>first << 2), past - first, bias + (<usize>first << 2), activation, slope);
    return;
  }
  for (let i = first; i < past; i++) finishRow(y + (<usize>i << 2), 1, bias, activation, slope);
}
/** List of what is set aside of a W of float16, or 0: see half/set-aside. */
export const ASIDE: usize = 44;
