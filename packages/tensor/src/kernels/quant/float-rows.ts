import type { Kernels } from '../../runtime/kernels.ts';
import { gemmActivations, type GemmActivation } from '../product.ts';
import { panelCount } from './matrix-layout.ts';

/** Y[rows, units] = activation(X·W + bias) of float rows and a packed weight: addresses and sizes. */
export interface FloatRows {
  readonly x: number;
  readonly weights: number;
  readonly scales: number;
  /** i32 by panels and groups, or 0. */
  readonly zeros: number;
  readonly nibbles: boolean;
  readonly y: number;
  readonly rows: number;
  readonly units: number;
  readonly inputs: number;
  readonly groups: number;
  readonly bias: number;
  readonly activation: GemmActivation;
  readonly slope: number;
}

export function floatRows(kernels: Kernels, call: FloatRows): void {
  const { rows, units, inputs, groups } = call;
  if (rows === 0) return;
  const { threads } = kernels;
  const { words, floats } = threads;
  const p = threads.parameters();
  words[p] = call.x;
  words[p + 1] = call.weights;
  words[p + 2] = call.scales;
  words[p + 3] = call.zeros;
  words[p + 4] = call.y;
  words[p + 5] = rows;
  words[p + 6] = units;
  words[p + 7] = inputs;
  words[p + 8] = inputs / groups;
  words[p + 9] = groups;
  words[p + 10] = call.nibbles ? 1 : 0;
  words[p + 11] = call.bias;
  words[p + 12] = gemmActivations[call.activation];
  floats[p + 13] = call.slope;
  threads.run(kernels.number('qf_gemv'), panelCount(units), Math.max(1, Math.ceil(65536 / (16 * inputs * rows))));
}
