import { SCRATCH_BYTES } from '../../runtime/control.ts';
import type { Kernels } from '../../runtime/kernels.ts';
import { gemmActivations, type GemmActivation } from '../product.ts';
import { panelCount } from './matrix-layout.ts';
import type { Int8Windows } from './int8-windows.ts';
import type { DotMode } from './dot-mode.ts';

/** What becomes of the sums. */
export type Int8Output =
  | {
      /** Bytes: `factors` is f32[units] for `fp32`, else multiplier and shift as i32 for each unit. */
      readonly kind: 'fp32' | 'double' | 'single';
      readonly factors: number;
      readonly zero: number;
      readonly least: number;
      readonly most: number;
      readonly unsigned: boolean;
    }
  | { readonly kind: 'int32' }
  | {
      readonly kind: 'float32';
      readonly factors: number;
      /** f32[rows], or 0 where all have `xScale`. */
      readonly rowFactors: number;
      readonly xScale?: number;
      readonly activation: GemmActivation;
      readonly slope: number;
    };

const tiles = { unsigned: 0, signed: 0, pairs: 1, exact: 2 } as const;
const kinds = { fp32: 0, double: 1, single: 2, int32: 3, float32: 4 } as const;

/** C[rows, units] of 8-bit X[rows, inputs] and a packed weight: addresses and sizes. */
export interface Qs8 {
  readonly x: number;
  readonly xUnsigned: boolean;
  readonly xZero: number;
  /** i32[rows], where rows have zero points of their own; else 0. */
  readonly rowZeros?: number;
  /** Windows of images that the rows are; else X has the rows themselves. */
  readonly windows?: Int8Windows | undefined;
  /**
   * Whether rows come by fours, the windows that a pool of 2x2 takes the largest of: `rows` counts them all, windows' outHeight and outWidth
   * are the pool's, and the output has a quarter of the rows. Without zero points of rows or weights.
   */
  readonly pooled?: boolean | undefined;
  readonly rows: number;
  readonly inputs: number;
  readonly units: number;
  readonly nibbles: boolean;
  readonly weights: number;
  readonly sums: number;
  /** i32 by panels, or 0. */
  readonly zeros: number;
  /** i32[units] in steps of the sums, f32[units] for float output, or 0. */
  readonly bias: number;
  readonly c: number;
  readonly output: Int8Output;
}

/** Bytes of panels that a thread works on at once: they stay in the first-level cache. */
const PANEL_BYTES = 32768;
const MOST_PANELS = 6;
/** Rows from which it pays to widen a panel to 16 bits before its products. */
const WIDENED = 24;
/** Bytes of scratch before panels whose nibbles are spread. */
const SPREAD = 5120;
/** Multiplications below which sharing out costs more than it gives. */
const SMALL = 64 * 64 * 64;

export function qs8(kernels: Kernels, mode: DotMode, call: Qs8): void {
  const { rows, inputs, units, nibbles, output } = call;
  if (rows === 0) return;
  const { threads } = kernels;
  const { words, floats } = threads;
  const exact = mode === 'exact';
  // A single row's activations are halved where they are too much, so that any weights will do.
  const halves = mode === 'pairs' && rows === 1;
  const quads = Math.ceil(inputs / 4);
  if ((nibbles && quads * 64 + SPREAD + 64 > SCRATCH_BYTES) || quads * 4 * 6 > SCRATCH_BYTES)
    throw new RangeError(`A quantized product over ${inputs} inputs is more than the kernels' scratch has room for; split it by inputs.`);
  const pooled = call.pooled ?? false;
  const highest = exact || pooled || mode === 'pairs' ? 4 : 6;
  const widened = exact && rows >= WIDENED && quads * 128 + SPREAD + 128 <= SCRATCH_BYTES;
  const groups = Math.ceil(rows / highest);
  const quadBytes = exact ? 8 : 4;
  const withSums = call.zeros !== 0;
  const packedBytes = (groups * highest + 2) * quads * quadBytes + 64;
  const packed = kernels.workspace(packedBytes + 64 + (withSums ? rows * 4 : 0));
  const rowSums = withSums ? packed + Math.ceil(packedBytes / 64) * 64 : 0;
  // Signed dot products and halves take activations of -128 to 127, the others those of 0 to 255.
  const flip = !exact && (halves || mode === 'signed') === call.xUnsigned;
  const added = flip ? (call.xUnsigned ? -128 : 128) : 0;

  let p = threads.parameters();
  words[p] = call.x;
  words[p + 1] = rows;
  words[p + 2] = inputs;
  words[p + 3] = packed;
  words[p + 4] = rowSums;
  words[p + 5] = exact ? 1 : 0;
  words[p + 6] = call.xUnsigned ? 1 : 0;
  words[p + 7] = flip ? 1 : 0;
  writeWindows(words, p + 8, call);
  words[p + 22] = pooled ? 1 : 0;
  words[p + 23] = highest;
  words[p + 24] = halves ? 1 : 0;
  threads.run(kernels.number('qs8_pack'), groups, Math.max(1, Math.ceil(65536 / (highest * inputs))));

  const panels = panelCount(units);
  const panelBytes = quads * (widened ? 128 : 64);
  const work = rows * units * inputs;
  const room = nibbles || widened ? SCRATCH_BYTES - SPREAD - 128 : PANEL_BYTES;
  const fair = Math.ceil(panels / (threads.count * 4));
  // A single row passes each panel once, so that none has to stay in a cache.
  const perItem = Math.max(
    1,
    Math.min(MOST_PANELS, halves && !nibbles ? MOST_PANELS : Math.floor(Math.min(room, PANEL_BYTES) / panelBytes), fair),
  );
  const blocks = Math.ceil(panels / perItem);
  const splits = threads.count === 1 ? 1 : Math.max(1, Math.min(Math.ceil((threads.count * 4) / blocks), groups >> 2));
  p = threads.parameters();
  words[p] = packed;
  words[p + 1] = call.weights;
  words[p + 2] = call.c;
  words[p + 3] = rows;
  words[p + 4] = units;
  words[p + 5] = inputs;
  words[p + 6] = halves ? 4 : widened ? 3 : tiles[mode];
  words[p + 7] = nibbles ? 1 : 0;
  words[p + 8] = perItem;
  words[p + 9] = splits;
  words[p + 10] = call.sums;
  words[p + 11] = call.zeros;
  words[p + 12] = rowSums;
  words[p + 13] = call.rowZeros ?? 0;
  words[p + 14] = call.xZero;
  words[p + 15] = added;
  words[p + 16] = call.bias;
  words[p + 17] = kinds[output.kind];
  words[p + 18] = 'factors' in output ? output.factors : 0;
  const bytes = 'least' in output;
  words[p + 19] = bytes ? output.zero : 0;
  words[p + 20] = bytes ? output.least : 0;
  words[p + 21] = bytes ? output.most : 0;
  words[p + 22] = bytes && output.unsigned ? 1 : 0;
  const toFloats = output.kind === 'float32';
  words[p + 23] = toFloats ? output.rowFactors : 0;
  words[p + 24] = toFloats ? gemmActivations[output.activation] : 0;
  floats[p + 25] = toFloats ? output.slope : 0;
  floats[p + 26] = toFloats ? (output.xScale ?? 0) : 0;
  words[p + 27] = pooled ? 1 : 0;
  words[p + 28] = highest;
  threads.run(kernels.number('qs8_gemm'), blocks * splits, Math.max(1, Math.ceil((SMALL * blocks * splits) / work)));
}

function writeWindows(words: Int32Array, p: number, { windows, xZero }: Qs8): void {
  words[p] = windows?.kernelHeight ?? 0;
  if (!windows) return;
  words[p + 1] = windows.kernelWidth;
  words[p + 2] = windows.height;
  words[p + 3] = windows.width;
  words[p + 4] = windows.channels;
  words[p + 5] = windows.outHeight;
  words[p + 6] = windows.outWidth;
  words[p + 7] = windows.strideHeight;
  words[p + 8] = windows.strideWidth;
  words[p + 9] = windows.padTop;
  words[p + 10] = windows.padLeft;
  words[p + 11] = windows.dilationHeight;
  words[p + 12] = windows.dilationWidth;
  words[p + 13] = xZero & 255;
}
