/**
 * qg-gemv: y = activation(x·W + bias) for float rows x and a matrix of 8 or 4 bits whose inputs have scales by groups. Rows come quantized
 * by the same groups (f32_quantize_groups). Sums within a group are exact; totals are rounded in the same order in every tier.
 *
 * A panel of weights is read once for all rows; with few rows it is as fast as memory gives the weights.
 */
import { finishRow } from '../dense/epilogue';
import { dot4, dot8, exact4, exact8, exactMany8, pair4, pairWords4, words4 } from './qg-row';

// Parameters, as words.
const X: usize = 0;
const W: usize = 4;
const SCALES: usize = 8;
/** i32 by panels and groups, or 0. */
const ZEROS: usize = 12;
const Y: usize = 16;
const ROWS: usize = 20;
const UNITS: usize = 24;
/** Groups of a row. */
const GROUPS: usize = 28;
const NIBBLES: usize = 32;
const BIAS: usize = 36;
const ACTIVATION: usize = 40;
const SLOPE: usize = 44;
const X_SCALES: usize = 48;
const X_SUMS: usize = 52;
/** Quads of a group. */
const QUADS: usize = 56;
const EXACT: usize = 60;
/** Whether nibbles go by products of two bytes, because there is none of four. */
const WORDS: usize = 68;
/** Whether dot products take bytes from 0 to 255. */
const UNSIGNED: usize = 64;

/** Work items: panels. */
export function qg_gemv(p: usize, begin: i32, end: i32, scratch: usize): void {
  const rows = load<i32>(p, ROWS);
  const units = load<i32>(p, UNITS);
  const quads = load<i32>(p, QUADS);
  const groups = load<i32>(p, GROUPS);
  const exact = load<i32>(p, EXACT) != 0;
  const nibbles = load<i32>(p, NIBBLES) != 0;
  const words = load<i32>(p, WORDS) != 0;
  const unsigned = load<i32>(p, UNSIGNED) != 0;
  const zeros = load<u32>(p, ZEROS);
  const bias = load<u32>(p, BIAS);
  const perRow = <usize>(quads * groups) << (exact ? 3 : 2);
  const perPanel = <usize>(quads * groups) << (nibbles ? 5 : 6);
  const scalesOf = <usize>groups << 6;
  const offset = nibbles ? 8 : exact || !unsigned ? 0 : 128;
  const pattern = scratch + 64;
  store<u32>(pattern, nibbles ? 0x0f0f0f0f : unsigned ? 0x80808080 : 0);
  // Without zero points all groups have those of 64 bytes of zeros.
  const none = scratch + 128;
  const zerosOf: usize = zeros == 0 ? 0 : 64;
  memory.fill(none, 0, 64);
  for (let panel = begin; panel < end; panel++) {
    const w = load<u32>(p, W) + <usize>panel * perPanel;
    const scales = load<u32>(p, SCALES) + <usize>panel * scalesOf;
    const z = zeros == 0 ? none : zeros + <usize>panel * scalesOf;
    const left = panel << 4;
    const width = min(16, units - left);
    const threes = WIDE && exact && !nibbles && zeros == 0 && panel + 2 < end && left + 48 <= units;
    const paired = !exact && nibbles && zeros == 0 && panel + 1 < end && left + 32 <= units;
    for (let row = 0; row < rows; row++) {
      const x = load<u32>(p, X) + <usize>row * perRow;
      const xs = load<u32>(p, X_SCALES) + ((<usize>row * <usize>groups) << 2);
      const sums = load<u32>(p, X_SUMS) + ((<usize>row * <usize>groups) << 2);
      const y = load<u32>(p, Y) + ((<usize>row * <usize>units + <usize>left) << 2);
      const to = width == 16 ? y : scratch;
      if (threes) exactMany8(quads, groups, x, xs, w, perPanel, scales, scalesOf, scratch + 256, y);
      else if (paired && words) pairWords4(quads, groups, x, xs, sums, w, perPanel, scales, scalesOf, pattern, y);
      else if (paired) pair4(quads, groups, x, xs, sums, w, perPanel, scales, scalesOf, pattern, y);
      else if (exact) {
        if (nibbles) exact4(quads, groups, x, xs, sums, w, scales, z, zerosOf, offset, pattern, to);
        else exact8(quads, groups, x, xs, sums, w, scales, z, zerosOf, offset, pattern, to);
      } else if (words) words4(quads, groups, x, xs, sums, w, scales, z, zerosOf, offset, pattern, to);
      else if (nibbles) dot4(quads, groups, x, xs, sums, w, scales, z, zerosOf, offset, pattern, to);
      else dot8(quads, groups, x, xs, sums, w, scales, z, zerosOf, offset, pattern, to);
      if (width != 16) memory.copy(y, scratch, width << 2);
      if (bias != 0 || load<i32>(p, ACTIVATION) != 0)
        finishRow(y, threes ? 48 : paired ? 32 : width, bias == 0 ? 0 : bias + (<usize>left << 2), load<i32>(p, ACTIVATION), load<f32>(p, SLOPE));
    }
    if (paired) panel++;
    else if (threes) panel += 2;
  }
}
