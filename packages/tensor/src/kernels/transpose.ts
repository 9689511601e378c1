import type { Kernels } from '../runtime/kernels.ts';
import { copyStrided, rowMajorStrides } from './copy.ts';

/** Rows and columns of a work item: see wasm/dense/transpose.ts. */
const BAND = 16;
const SPAN = 256;
const MOST_OUTER = 4;

export interface Transpose {
  readonly x: number;
  readonly to: number;
  readonly shape: readonly number[];
  /** Output axis i is input axis permutation[i]. */
  readonly permutation: readonly number[];
  /** Bytes of an element: 4, or anything if the last axis stays last. */
  readonly width: number;
}

/** Permutes axes; false, and nothing done, for elements or permutations it has no kernel for. */
export function transpose(kernels: Kernels, { x, to, shape, permutation, width }: Transpose): boolean {
  const stridesIn = rowMajorStrides(shape);
  // Output axes, those that lie together in the input merged.
  const axes: { size: number; step: number }[] = [];
  for (const axis of permutation) {
    const size = shape[axis] as number;
    const step = stridesIn[axis] as number;
    if (size === 0) return true;
    if (size === 1) continue;
    const last = axes.at(-1);
    if (last && last.step === size * step) {
      last.size *= size;
      last.step = step;
    } else axes.push({ size, step });
  }
  const sizes = axes.map(({ size }) => size);
  const steps = axes.map(({ step }) => step);
  const stridesOut = rowMajorStrides(sizes);
  if (axes.length < 2 || steps.at(-1) === 1) return copyStrided(kernels, { x, to, sizes, stridesIn: steps, stridesOut, width });
  const across = steps.indexOf(1);
  const rank = axes.length - 2;
  if (width !== 4 || rank > MOST_OUTER) return false;
  const [rows, columns] = [sizes.at(-1) as number, sizes[across] as number];
  const { threads } = kernels;
  const { words } = threads;
  const p = threads.parameters();
  words[p] = x;
  words[p + 1] = to;
  words[p + 2] = rows;
  words[p + 3] = columns;
  words[p + 4] = steps.at(-1) as number;
  words[p + 5] = stridesOut[across] as number;
  words[p + 6] = rank;
  let batch = 1;
  let outer = 0;
  for (let axis = 0; axis < axes.length - 1; axis++) {
    if (axis === across) continue;
    batch *= sizes[axis] as number;
    words[p + 7 + outer] = sizes[axis] as number;
    words[p + 11 + outer] = steps[axis] as number;
    words[p + 15 + outer] = stridesOut[axis] as number;
    outer++;
  }
  const items = batch * Math.ceil(rows / BAND) * Math.ceil(columns / SPAN);
  threads.run(kernels.number('b32_transpose'), items, Math.ceil(16384 / (Math.min(rows, BAND) * Math.min(columns, SPAN))));
  return true;
}
