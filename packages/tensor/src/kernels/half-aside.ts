import type { Kernels } from '../runtime/kernels.ts';

/** Columns of which a product's sums, or its other factor, find room in a thread's scratch, and those of a block of them. */
const MOST_COLUMNS = 1 << 17;
const LEAST_COLUMNS = 16;
/** A list of more than one code in so many would take as long as widening all of them with care. */
const MOST = 64;
/** Values of a row-wise work item. */
const GRAIN = 32768;

/**
 * What is set aside of a float16 matrix [rows, columns], so that a product with one row, which would be bound by widening, widens 0 and
 * normal numbers only: its subnormal numbers, infinities and NaN, of which trained weights have some 2 in 1,000. In the matrix 0 stands
 * in their place until {@link putBack}. See `wasm/half/aside-list.ts` for the list.
 */
export interface HalfAside {
  readonly matrix: number;
  /** Address of the list. */
  readonly list: number;
  readonly bytes: number;
  readonly rows: number;
  readonly columns: number;
}

/** Makes the list and sets its codes aside; undefined if there are too many for it, or the matrix's shape doesn't suit. */
export function setAside(kernels: Kernels, matrix: number, rows: number, columns: number): HalfAside | undefined {
  if (columns < LEAST_COLUMNS || columns > MOST_COLUMNS) return undefined;
  const { heap } = kernels;
  const starts = kernels.workspace((rows + 2) * 4);
  run(kernels, [matrix, starts, rows, columns, 0]);
  const first = starts / 4 + 1;
  const { words } = heap;
  words[first] = 0;
  for (let row = first; row < first + rows; row++) words[row + 1] = (words[row + 1] as number) + (words[row] as number);
  const count = words[first + rows] as number;
  if (count * MOST > rows * columns) return undefined;
  const bytes = (rows + 2) * 4 + count * 8;
  const list = heap.allocate(bytes);
  heap.bytes.copyWithin(list + 4, starts + 4, starts + (rows + 2) * 4);
  heap.words[list / 4] = 0;
  run(kernels, [matrix, list, rows, columns, 1]);
  return { matrix, list, bytes, rows, columns };
}

/** Whether a product since the last call gave up, because its other factor isn't smaller than 2^15: it is to be done again after {@link putBack}. */
export function gaveUp({ heap }: Kernels, { list }: HalfAside): boolean {
  const { words } = heap;
  const up = words[list / 4] !== 0;
  words[list / 4] = 0;
  return up;
}

/** Writes the codes back to where they were. */
export function putBack(kernels: Kernels, aside: HalfAside): void {
  writeAside(kernels, aside, (code) => code);
}

/** Writes 0 in their place again. */
export function setAsideAgain(kernels: Kernels, aside: HalfAside): void {
  writeAside(kernels, aside, () => 0);
}

function writeAside({ heap }: Kernels, { matrix, list, rows, columns }: HalfAside, written: (code: number) => number): void {
  const { words } = heap;
  const codes = new Uint16Array(words.buffer);
  const starts = list / 4 + 1;
  let at = starts + rows + 1;
  for (let row = 0; row < rows; row++) {
    const from = matrix / 2 + row * columns;
    for (const end = starts + rows + 1 + 2 * (words[starts + row + 1] as number); at < end; at += 2)
      codes[from + (words[at] as number)] = written(words[at + 1] as number);
  }
}

function run(kernels: Kernels, parameters: readonly [matrix: number, list: number, rows: number, columns: number, move: number]): void {
  const { threads } = kernels;
  threads.words.set(parameters, threads.parameters());
  threads.run(kernels.number('f16_set_aside'), parameters[2], Math.ceil(GRAIN / parameters[3]));
}
