import type { Kernels } from '../runtime/kernels.ts';

/** What the call must know of an elementwise kernel. */
export interface ElementwiseKernel {
  readonly name: string;
  /** Bytes of an element of each operand. */
  readonly inputs: readonly (1 | 4)[];
  readonly output: 1 | 4;
  /** Elements that a thread should get at least. */
  readonly share: number;
}

/** Where an operand is; its shape broadcasts against the output's. */
export interface Operand {
  readonly address: number;
  readonly shape: readonly number[];
}

/** Axes that broadcasting can be told apart in, after neighbouring ones along which all operands do the same are merged. */
export const MOST_AXES = 6;

/** Whether {@link broadcastElementwise} has a way to broadcast shapes to another: always up to 6 axes, mostly beyond. */
export function canBroadcast(shape: readonly number[], operands: readonly (readonly number[])[]): boolean {
  if (shape.length <= MOST_AXES) return true;
  let merged = 0;
  let before = -1;
  for (let axis = 1; axis <= shape.length; axis++) {
    if (shape.at(-axis) === 1) continue;
    const bits = operands.reduce((found, own, k) => found | ((own.at(-axis) ?? 1) === 1 ? 0 : 1 << k), 0);
    if (bits !== before) merged++;
    before = bits;
  }
  return merged <= MOST_AXES;
}

/** Elements of a work item of a long row, if few instructions compute them or many, and of one that lays short rows out in scratch. */
const LONG_PIECE = 8192;
const PIECE = 2048;
/** Rows shorter than this are done several at a time. */
const LONG_ROW = 512;

// Words of the parameters: see wasm/dense/blocks.ts.
const OUT = 0;
const OUT_SHIFT = 1;
const N = 2;
const PIECE_SIZE = 3;
const PIECES = 4;
const ROWS = 5;
const GROUP = 6;
const RANK = 7;
const OPERANDS = 8;
const C = 9;
const D = 10;
const SIZES = 11;
const FIRST_OPERAND = 16;
const OPERAND_WORDS = 9;
const STRIDES = 4;
/** An operand's kinds: laid out like the output, the same values for all rows, values by strides. */
const LIKE_OUTPUT = 0;
const FIXED = 1;
const STRIDED = 2;

/** A function of one or two 4-byte operands that many instructions compute, or few. */
export const MANY = 4096;
export const FEW = 16384;

const words4 = [4] as const;
const pairs4 = [4, 4] as const;

export function unaryKernel(name: string, share: number = FEW): ElementwiseKernel {
  return { name, inputs: words4, output: 4, share };
}
export function binaryKernel(name: string, output: 1 | 4 = 4): ElementwiseKernel {
  return { name, inputs: pairs4, output, share: FEW };
}

/** to[i] = f(x[i], y[i], ...; c, d) over `size` elements that all lie alike; `y` is for kernels of two operands. */
export function elementwise(kernels: Kernels, kernel: ElementwiseKernel, to: number, size: number, x: number, y = 0, c = 0, d = 0): void {
  if (size === 0) return;
  const { threads } = kernels;
  const { words } = threads;
  const p = threads.parameters();
  const { inputs } = kernel;
  writeOperand(words, p + FIRST_OPERAND, x, inputs[0] as number, 1, LIKE_OUTPUT);
  if (inputs.length > 1) writeOperand(words, p + FIRST_OPERAND + OPERAND_WORDS, y, inputs[1] as number, 1, LIKE_OUTPUT);
  run(kernels, kernel, p, to, size, 1, 0, c, d);
}

/**
 * The same with operands that broadcast to the output's shape.
 *
 * Neighbouring axes along which every operand does the same are merged; what is left is rows of which the last axis
 * is contiguous or one value.
 */
export function broadcastElementwise(
  kernels: Kernels,
  kernel: ElementwiseKernel,
  to: number,
  shape: readonly number[],
  operands: readonly Operand[],
  c = 0,
  d = 0,
): void {
  // From the innermost on: sizes of the merged axes, which operands have them (a bit each), and their strides.
  const sizes: number[] = [];
  const present: number[] = [];
  const strides: number[][] = [];
  const steps = operands.map(() => 1);
  for (let axis = 1; axis <= shape.length; axis++) {
    const size = shape[shape.length - axis] as number;
    if (size === 0) return;
    if (size === 1) continue;
    let bits = 0;
    for (let k = 0; k < operands.length; k++) {
      const own = (operands[k] as Operand).shape;
      if (axis <= own.length && own[own.length - axis] !== 1) bits |= 1 << k;
    }
    const last = sizes.length - 1;
    if (last >= 0 && present[last] === bits) sizes[last] = (sizes[last] as number) * size;
    else {
      sizes.push(size);
      present.push(bits);
      strides.push(steps.slice());
    }
    for (let k = 0; k < operands.length; k++) if (bits & (1 << k)) steps[k] = (steps[k] as number) * size;
  }
  const all = (1 << operands.length) - 1;
  if (sizes.length === 0) {
    sizes.push(1);
    present.push(all);
  }
  const { threads } = kernels;
  const { words } = threads;
  const p = threads.parameters();
  const outer = sizes.length - 1;
  let rows = 1;
  for (let axis = 1; axis <= outer; axis++) {
    rows *= sizes[axis] as number;
    words[p + SIZES + outer - axis] = sizes[axis] as number;
  }
  for (let k = 0; k < operands.length; k++) {
    const bit = 1 << k;
    const q = p + FIRST_OPERAND + k * OPERAND_WORDS;
    let has = 0;
    for (let axis = 1; axis <= outer; axis++) {
      const own = ((present[axis] as number) & bit) !== 0;
      if (own) has++;
      words[q + STRIDES + outer - axis] = own ? ((strides[axis] as number[])[k] as number) : 0;
    }
    const inner = (present[0] as number) & bit ? 1 : 0;
    const kind = inner === 1 && has === outer ? LIKE_OUTPUT : has === 0 ? FIXED : STRIDED;
    writeOperand(words, q, (operands[k] as Operand).address, kernel.inputs[k] as number, inner, kind);
  }
  run(kernels, kernel, p, to, sizes[0] as number, rows, outer, c, d);
}

/** Chooses the work items, writes the parameters that remain and runs the kernel. */
function run(
  kernels: Kernels,
  { name, inputs, output, share }: ElementwiseKernel,
  p: number,
  to: number,
  n: number,
  rows: number,
  rank: number,
  c: number,
  d: number,
): void {
  const { threads } = kernels;
  const { words, floats } = threads;
  const piece = share === FEW ? LONG_PIECE : PIECE;
  let pieces = 1;
  let group = 1;
  if (rows === 1 || n >= LONG_ROW) pieces = Math.ceil(n / piece);
  else {
    // As many rows as make whole runs of 16 elements.
    const whole = 16 / Math.min(n & -n, 16);
    group = Math.min(rows, whole * Math.max(1, Math.floor(PIECE / (n * whole))));
  }
  words[p + OUT] = to;
  words[p + OUT_SHIFT] = output >> 1;
  words[p + N] = n;
  words[p + PIECE_SIZE] = piece;
  words[p + PIECES] = pieces;
  words[p + ROWS] = rows;
  words[p + GROUP] = group;
  words[p + RANK] = rank;
  words[p + OPERANDS] = inputs.length;
  floats[p + C] = c;
  floats[p + D] = d;
  const items = pieces > 1 ? rows * pieces : Math.ceil(rows / group);
  const elements = pieces > 1 ? piece : group * n;
  threads.run(kernels.number(name), items, Math.ceil(share / elements));
}

function writeOperand(words: Int32Array, q: number, address: number, bytes: number, inner: number, kind: number): void {
  words[q] = address;
  words[q + 1] = bytes >> 1;
  words[q + 2] = inner;
  words[q + 3] = kind;
}
