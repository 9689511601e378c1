import type { Kernels } from '../../runtime/kernels.ts';
import type { DotMode } from './dot-mode.ts';
import { panelCount } from './matrix-layout.ts';
import { writeRows, type MatrixRows } from './matrix-rows.ts';

/** X is quantized by the same groups of inputs: integers, of 16 bits in mode `exact`. */
export interface Grouped extends MatrixRows {
  /** f32 and i32 a row and group: their scales and sums. */
  readonly xScales: number;
  readonly xSums: number;
  readonly groupSize: number;
}

/** Weights read below which sharing out costs more than it gives. */
const GRAIN = 65536;

export function grouped(kernels: Kernels, mode: DotMode, call: Grouped): void {
  const { rows, units, groupSize, groups } = call;
  if (rows === 0) return;
  const p = writeRows(kernels, call);
  const { threads } = kernels;
  const { words } = threads;
  words[p] = call.xScales;
  words[p + 1] = call.xSums;
  words[p + 2] = groupSize / 4;
  words[p + 3] = mode === 'exact' ? 1 : 0;
  words[p + 4] = mode === 'unsigned' ? 1 : 0;
  words[p + 5] = mode === 'pairs' ? 1 : 0;
  threads.run(kernels.number('qg_gemv'), panelCount(units), Math.max(1, Math.ceil(GRAIN / (16 * groupSize * groups * rows))));
}

/** The mode of weights of 8 bits, or of 4, of whose nibbles no product of two bytes can overflow. */
export function groupedMode(kernels: Kernels, any: DotMode, nibbles: boolean): DotMode {
  if (!nibbles || any !== 'exact') return any;
  return kernels.tier === 'simd' ? 'exact' : 'pairs';
}
