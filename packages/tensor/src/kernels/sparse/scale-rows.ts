import type { Kernels } from '../../runtime/kernels.ts';
import { gemmActivations, type GemmActivation } from '../product.ts';
import { blockCount, GROUP } from './layout.ts';

/** Y[batch, rows] = activation(Y · inputScale · scales + bias), in blocks: addresses and sizes. */
export interface ScaleRows {
  readonly y: number;
  readonly rows: number;
  readonly batch: number;
  /** f32[rows]. */
  readonly scales: number;
  readonly inputScale: number;
  /** Address of a value a row, or 0. */
  readonly bias: number;
  readonly activation: GemmActivation;
  readonly slope: number;
}

export function scaleRows(kernels: Kernels, { y, rows, batch, scales, inputScale, bias, activation, slope }: ScaleRows): void {
  if (rows === 0 || batch === 0) return;
  const { threads } = kernels;
  const { words, floats } = threads;
  const p = threads.parameters();
  words.set([y, rows, batch, scales], p);
  floats[p + 4] = inputScale;
  words[p + 5] = bias;
  words[p + 6] = gemmActivations[activation];
  floats[p + 7] = slope;
  threads.run(kernels.number('f32_scale_rows'), Math.ceil(rows / GROUP) * blockCount(batch), 4);
}
