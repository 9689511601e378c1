import type { Kernels } from '../runtime/kernels.ts';

/** Bytes of a work item: see wasm/dense/copy.ts. */
const PIECE = 65536;
/** Bytes that a thread should get at least. */
const SHARE = 65536;
const MOST_OUTER = 6;
/** Bytes of a run from which on it is a work item of its own. */
const LONG = 512;

/** A copy of elements from one layout to another; strides in elements, 0 to repeat, negative to go backwards. */
export interface StridedCopy {
  readonly x: number;
  readonly to: number;
  readonly sizes: readonly number[];
  readonly stridesIn: readonly number[];
  readonly stridesOut: readonly number[];
  /** Bytes of an element. */
  readonly width: number;
  /** What is written around each run along the last axis: elements before and after it, and 4 bytes of their value. */
  readonly padding?: Padding;
}

export interface Padding {
  readonly before: number;
  readonly after: number;
  readonly word: number;
}

const NO_PADDING: Padding = { before: 0, after: 0, word: 0 };

interface Axis {
  size: number;
  stepIn: number;
  stepOut: number;
}

/** Copies; false, and nothing done, if more axes than 8 are left after merging those that lie alike. */
export function copyStrided(kernels: Kernels, { x, to, sizes, stridesIn, stridesOut, width, padding = NO_PADDING }: StridedCopy): boolean {
  const axes: Axis[] = [];
  for (let axis = 0; axis < sizes.length; axis++) {
    const size = sizes[axis] as number;
    if (size === 0) return true;
    if (size === 1) continue;
    const [stepIn, stepOut] = [(stridesIn[axis] as number) * width, (stridesOut[axis] as number) * width];
    const last = axes.at(-1);
    if (last && last.stepIn === size * stepIn && last.stepOut === size * stepOut) {
      last.size *= size;
      last.stepIn = stepIn;
      last.stepOut = stepOut;
    } else axes.push({ size, stepIn, stepOut });
  }
  let run = width;
  const innermost = axes.at(-1);
  if (innermost && innermost.stepIn === width && innermost.stepOut === width) {
    run *= innermost.size;
    axes.pop();
  }
  // A few long runs are cut in pieces; many short ones are done several by an item.
  const inner = run < LONG ? axes.pop() : undefined;
  if (axes.length > MOST_OUTER) return false;
  copyRuns(kernels, { x, to, run, inner, axes, width, padding });
  return true;
}

export interface CopyRows {
  readonly x: number;
  readonly to: number;
  readonly rows: number;
  /** Bytes of a row, and from one row to the next. */
  readonly bytes: number;
  readonly stepIn: number;
  readonly stepOut: number;
}

/** Copies rows. */
export function copyRows(kernels: Kernels, { x, to, rows, bytes, stepIn, stepOut }: CopyRows): void {
  if (rows * bytes === 0) return;
  const [runs, padding] = [{ x, to, width: 1 }, NO_PADDING];
  if (stepIn === bytes && stepOut === bytes) return copyRuns(kernels, { ...runs, run: rows * bytes, axes: [], padding });
  const axis = { size: rows, stepIn, stepOut };
  if (bytes < LONG) copyRuns(kernels, { ...runs, run: bytes, inner: axis, axes: [], padding });
  else copyRuns(kernels, { ...runs, run: bytes, axes: [axis], padding });
}

interface Runs extends Pick<StridedCopy, 'x' | 'to' | 'width'> {
  /** Bytes of a run. */
  readonly run: number;
  /** The axis along which one work item copies all runs. */
  readonly inner?: Axis | undefined;
  readonly axes: readonly Axis[];
  readonly padding: Padding;
}

function copyRuns(kernels: Kernels, { x, to, run, inner, axes, width, padding }: Runs): void {
  const { threads } = kernels;
  const { words } = threads;
  const p = threads.parameters();
  const pieces = inner ? 1 : Math.ceil(run / PIECE);
  words[p] = x;
  words[p + 1] = to;
  words[p + 2] = run;
  words[p + 3] = pieces;
  words[p + 4] = inner ? inner.size : 1;
  words[p + 5] = inner ? inner.stepIn : 0;
  words[p + 6] = inner ? inner.stepOut : 0;
  words[p + 7] = axes.length;
  words[p + 26] = padding.before * width;
  words[p + 27] = padding.after * width;
  words[p + 28] = padding.word;
  let items = pieces;
  for (let axis = 0; axis < axes.length; axis++) {
    const { size, stepIn, stepOut } = axes[axis] as Axis;
    items *= size;
    words[p + 8 + axis] = size;
    words[p + 14 + axis] = stepIn;
    words[p + 20 + axis] = stepOut;
  }
  const bytes = Math.min(PIECE, run * (inner ? inner.size : 1));
  threads.run(kernels.number('copy_runs'), items, Math.ceil(SHARE / bytes));
}

export interface GatherRows {
  readonly x: number;
  readonly to: number;
  /** Address of the indices, i32 [batch, chosen], each at least 0 and less than `choices`. */
  readonly indices: number;
  /** Bytes of a row. */
  readonly row: number;
  readonly batch: number;
  readonly groups: number;
  readonly choices: number;
  readonly chosen: number;
}

/** to[b, g, i] = x[b, g, indices[b, i]], rows of x [batch, groups, choices]. */
export function gatherRows(kernels: Kernels, { x, to, indices, row, batch, groups, choices, chosen }: GatherRows): void {
  if (row === 0) return;
  const { threads } = kernels;
  const { words } = threads;
  const p = threads.parameters();
  words[p] = x;
  words[p + 1] = to;
  words[p + 2] = row;
  words[p + 3] = choices;
  words[p + 4] = chosen;
  words[p + 5] = groups;
  words[p + 8] = indices;
  threads.run(kernels.number('gather_rows'), batch * groups * chosen, Math.ceil(SHARE / row));
}

export interface ScatterRows {
  readonly x: number;
  readonly to: number;
  /** Address of the rows' places, i32 [rows], each in the output. */
  readonly indices: number;
  /** Bytes of a row. */
  readonly row: number;
  readonly rows: number;
}

/** to[indices[i]] = x[i], in the rows' order. */
export function scatterRows(kernels: Kernels, { x, to, indices, row, rows }: ScatterRows): void {
  const { threads } = kernels;
  const { words } = threads;
  const p = threads.parameters();
  words[p] = x;
  words[p + 1] = to;
  words[p + 2] = row;
  words[p + 3] = rows;
  words[p + 8] = indices;
  threads.run(kernels.number('scatter_rows'), 1, 1);
}

/** Elements from one index of an axis to the next in a tensor that lies in order. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis] as number;
  }
  return strides;
}
