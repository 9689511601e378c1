import type { Kernels } from '../../runtime/kernels.ts';
import { gemmActivations, type GemmActivation } from '../product.ts';
import type { DotMode } from './dot-mode.ts';
import { panelCount } from './matrix-layout.ts';

/** Y[rows, units] = activation(X·W + bias), X and W quantized by the same groups of inputs: addresses and sizes. */
export interface Grouped {
  /** Integers, of 16 bits in mode `exact`; f32 and i32 a row and group: their scales and sums. */
  readonly x: number;
  readonly xScales: number;
  readonly xSums: number;
  readonly weights: number;
  readonly scales: number;
  /** i32 by panels and groups, or 0. */
  readonly zeros: number;
  readonly nibbles: boolean;
  readonly y: number;
  readonly rows: number;
  readonly units: number;
  readonly groupSize: number;
  readonly groups: number;
  readonly bias: number;
  readonly activation: GemmActivation;
  readonly slope: number;
}

/** Weights read below which sharing out costs more than it gives. */
const GRAIN = 65536;

export function grouped(kernels: Kernels, mode: DotMode, call: Grouped): void {
  const { rows, units, groupSize, groups } = call;
  if (rows === 0) return;
  const { threads } = kernels;
  const { words, floats } = threads;
  const p = threads.parameters();
  words[p] = call.x;
  words[p + 1] = call.xScales;
  words[p + 2] = call.xSums;
  words[p + 3] = call.weights;
  words[p + 4] = call.scales;
  words[p + 5] = call.zeros;
  words[p + 6] = call.y;
  words[p + 7] = rows;
  words[p + 8] = units;
  words[p + 9] = groupSize / 4;
  words[p + 10] = groups;
  words[p + 11] = mode === 'exact' ? 1 : 0;
  words[p + 12] = call.nibbles ? 1 : 0;
  words[p + 13] = mode === 'unsigned' ? 1 : 0;
  words[p + 14] = call.bias;
  words[p + 15] = gemmActivations[call.activation];
  floats[p + 16] = call.slope;
  threads.run(kernels.number('qg_gemv'), panelCount(units), Math.max(1, Math.ceil(GRAIN / (16 * groupSize * groups * rows))));
}

/** The mode of weights of 8 bits, or of 4, whose nibbles no dot product of bytes can overflow. */
export function groupedMode(kernels: Kernels, any: DotMode, nibbles: boolean): DotMode {
  if (!nibbles || any !== 'exact') return any;
  return kernels.tier === 'simd' ? 'exact' : 'unsigned';
}
