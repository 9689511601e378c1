import type { Kernels } from '../../runtime/kernels.ts';
import { panelCount } from './matrix-layout.ts';
import { writeRows, type MatrixRows } from './matrix-rows.ts';

/** X is floats. */
export interface FloatRows extends MatrixRows {
  readonly inputs: number;
}

export function floatRows(kernels: Kernels, call: FloatRows): void {
  const { rows, units, inputs, groups } = call;
  if (rows === 0) return;
  const p = writeRows(kernels, call);
  const { threads } = kernels;
  threads.words[p] = inputs;
  threads.words[p + 1] = inputs / groups;
  threads.run(kernels.number('qf_gemv'), panelCount(units), Math.max(1, Math.ceil(65536 / (16 * inputs * rows))));
}
