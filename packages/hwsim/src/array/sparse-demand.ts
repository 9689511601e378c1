import { drawBelow, mersenneTwister } from '../mersenne-twister.ts';
import type { SystolicArray } from './dataflow.ts';
import { addSkewed, demandLine, denseDemand, stationaryOrder, streamedOrder, type Demand } from './demand.ts';
import type { SparseMapping } from './memory-options.ts';
import type { Operands } from './operands.ts';

/** A sparse filter as an array sees it, with the storage it takes in words of 32 bits. */
export interface SparseFilter {
  readonly demand: Demand;
  /** Rows and columns of the stored filter. */
  readonly storedRows: number;
  readonly storedColumns: number;
  /** Non-zero elements of the whole filter. */
  readonly nonZeros: number;
  /** Words read from the input and filter SRAMs. */
  readonly inputReads: number;
  readonly filterReads: number;
  /** Mean share of processing elements that hold a non-zero. */
  readonly mappingEfficiency: number;
}

/** N:M along the contracted axis: the first `n` of every `m` elements stay, and the inputs of the others are not fetched. */
export function nmFilter(array: SystolicArray, operands: Operands, n: number, m: number): SparseFilter {
  const kept: number[] = [];
  for (let j = 0; j < operands.k; j++) if (j % m < n) kept.push(j);
  const demand = denseDemand(array, {
    ...operands,
    k: kept.length,
    input: (i, j) => operands.input(i, kept[j]!),
    filter: (j, f) => operands.filter(kept[j]!, f),
  });
  const columnFolds = Math.ceil(operands.n / array.columns);
  return {
    demand,
    storedRows: kept.length,
    storedColumns: operands.n,
    nonZeros: kept.length * operands.n,
    // A block of inputs is shared by m/n stored rows, each of which reads it (no broadcast).
    inputReads: (columnFolds * operands.m * kept.length * m) / n,
    filterReads: kept.length * operands.n,
    mappingEfficiency: (kept.length * operands.n) / (Math.ceil(kept.length / array.rows) * columnFolds * array.rows * array.columns),
  };
}

/**
 * Row-wise sparsity: filter column f keeps the first 1..blockSize/2 (drawn at random) of every `blockSize` elements; two blocks are packed into
 * the space of one, and every array row is offered both blocks' inputs to choose from.
 */
export function rowWiseFilter(array: SystolicArray, operands: Operands, mapping: SparseMapping): SparseFilter {
  const { rows: R, columns: C } = array;
  const { m, n, k } = operands;
  const { blockSize = 4, seed = 40 } = mapping;
  const half = blockSize / 2;
  const next = mersenneTwister(seed);
  const keep = Array.from({ length: n }, () => 1 + drawBelow(next, half));
  const storedRows = Math.ceil(k / (2 * blockSize)) * blockSize;
  const filter = (row: number, f: number): number => {
    const within = row % half;
    const element = Math.floor(row / half) * blockSize + within;
    return within < keep[f]! && element < k ? operands.filter(element, f) : -1;
  };
  const rowFolds = Math.ceil(storedRows / R);
  const columnFolds = Math.ceil(n / C);
  const cyclesPerFold = 2 * R + C + m - 2;
  const lanes = Math.floor((2 * R) / blockSize) * half;
  const lines = { input: demandLine(lanes * blockSize), filter: demandLine(C), output: demandLine(C) };
  const at = (cycle: number): void => {
    lines.input.count = lines.filter.count = lines.output.count = 0;
    const fold = Math.floor(cycle / cyclesPerFold);
    const t = cycle - fold * cyclesPerFold;
    const rowFold = fold % rowFolds;
    const column0 = Math.floor(fold / rowFolds) * C;
    const columns = Math.min(C, n - column0);
    if (t >= R)
      for (let within = 0; within < blockSize; within++)
        addSkewed(lines.input, t - R, m, lanes, (step, lane) => {
          const element = Math.floor(lane / half) * blockSize + within;
          return rowFold * 2 * R + element < k ? operands.input(step, rowFold * 2 * R + element) : -1;
        });
    const row = rowFold * R + R - 1 - t;
    if (t < R && row < storedRows)
      for (let f = column0; f < column0 + columns; f++) {
        const word = filter(row, f);
        if (word >= 0) lines.filter.words[lines.filter.count++] = word;
      }
    if (t >= 2 * R - 1) addSkewed(lines.output, t - 2 * R + 1, m, columns, (step, lane) => operands.output(step, column0 + lane));
  };
  let nonZeros = 0;
  let stored = 0;
  for (let f = 0; f < n; f++) {
    for (let row = 0; row < storedRows; row++) if (filter(row, f) >= 0) stored++;
    for (let j = 0; j < k; j++) if (j % blockSize < keep[f]!) nonZeros++;
  }
  const folds = rowFolds * columnFolds;
  return {
    demand: {
      cycles: folds * cyclesPerFold,
      ...lines,
      at,
      inputOrder: streamedOrder(Math.ceil(k / R), m, R, k, operands.input),
      filterOrder: stationaryOrder(columnFolds, storedRows, C, n, filter),
    },
    storedRows,
    storedColumns: n,
    nonZeros,
    inputReads: folds * (m + R - 1) * lanes * blockSize,
    filterReads: storedRows * n,
    mappingEfficiency: stored / (folds * R * C),
  };
}

/** Words a sparse filter takes: all of it before, all of it after, and the part that says where the elements are. */
export function sparseStorage(
  representation: SparseMapping['representation'],
  filter: SparseFilter,
  k: number,
  m: number,
): { original: number; stored: number; metadata: number } {
  const { storedRows, storedColumns, nonZeros } = filter;
  const original = k * storedColumns;
  if (representation === 'ellpack_block') {
    const metadata = (storedRows * storedColumns * Math.ceil(Math.log2(m))) / 32;
    return { original, stored: storedRows * storedColumns + metadata, metadata };
  }
  const pointers = (representation === 'csr' ? k : storedColumns) + 1;
  return { original, stored: 2 * nonZeros + pointers, metadata: nonZeros + pointers };
}
