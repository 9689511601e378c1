import type { Kernels } from '../../runtime/kernels.ts';
import { gemmActivations, type GemmActivation } from '../product.ts';

/** Y[rows, units] = activation(X·W + bias) of a packed weight whose inputs have scales by groups: addresses and sizes. */
export interface MatrixRows {
  readonly x: number;
  readonly weights: number;
  readonly scales: number;
  /** i32 by panels and groups, or 0. */
  readonly zeros: number;
  readonly nibbles: boolean;
  readonly y: number;
  readonly rows: number;
  readonly units: number;
  readonly groups: number;
  readonly bias: number;
  readonly activation: GemmActivation;
  readonly slope: number;
}

/** Writes a call's parameters, and gives the place of those that follow. */
export function writeRows({ threads }: Kernels, call: MatrixRows): number {
  const { words, floats } = threads;
  const p = threads.parameters();
  words[p] = call.x;
  words[p + 1] = call.weights;
  words[p + 2] = call.scales;
  words[p + 3] = call.zeros;
  words[p + 4] = call.y;
  words[p + 5] = call.rows;
  words[p + 6] = call.units;
  words[p + 7] = call.groups;
  words[p + 8] = call.nibbles ? 1 : 0;
  words[p + 9] = call.bias;
  words[p + 10] = gemmActivations[call.activation];
  floats[p + 11] = call.slope;
  return p + 12;
}
