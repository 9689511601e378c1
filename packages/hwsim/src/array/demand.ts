import { foldOnto, type SystolicArray } from './dataflow.ts';
import type { Operands } from './operands.ts';

/** Words asked for in one cycle: the first `count` of `words`. */
export interface DemandLine {
  count: number;
  readonly words: Float64Array;
}

/** What an array asks of its three memories, cycle by cycle, and in which order each read memory fetches its operand. */
export interface Demand {
  readonly cycles: number;
  readonly input: DemandLine;
  readonly filter: DemandLine;
  readonly output: DemandLine;
  /** Fills the three lines with cycle `t`'s words. */
  readonly at: (t: number) => void;
  readonly inputOrder: FetchOrder;
  readonly filterOrder: FetchOrder;
}

/** A matrix of words in the order it is fetched; -1 pads unused array rows or columns. */
export interface FetchOrder {
  readonly rows: number;
  readonly columns: number;
  readonly word: (row: number, column: number) => number;
  /** A skewed operand is fetched along anti-diagonals, as it is used. */
  readonly diagonal: boolean;
}

export function demandLine(width: number): DemandLine {
  return { count: 0, words: new Float64Array(width) };
}

/** Adds the words of `count` lanes, of which lane `l` asks for step `t - l` while that lies in [0, steps). */
export function addSkewed(line: DemandLine, t: number, steps: number, lanes: number, word: (step: number, lane: number) => number): void {
  const last = Math.min(lanes - 1, t);
  for (let lane = Math.max(0, t - steps + 1); lane <= last; lane++) {
    const address = word(t - lane, lane);
    if (address >= 0) line.words[line.count++] = address;
  }
}

/** A streamed operand: folds of `width` lanes stacked on one another, `steps` rows each, fetched along diagonals. */
export function streamedOrder(
  folds: number,
  steps: number,
  width: number,
  size: number,
  word: (step: number, lane: number) => number,
): FetchOrder {
  return {
    rows: folds * steps,
    columns: width,
    diagonal: true,
    word: (row, column) => {
      const lane = Math.floor(row / steps) * width + column;
      return lane < size ? word(row % steps, lane) : -1;
    },
  };
}

/** A stationary operand: folds of `width` columns stacked on one another, fetched row by row. */
export function stationaryOrder(
  folds: number,
  rows: number,
  width: number,
  size: number,
  word: (row: number, column: number) => number,
): FetchOrder {
  return { ...streamedOrder(folds, rows, width, size, word), diagonal: false };
}

/** The demand of a dense layer on an array, for any of the three dataflows; folds go down the rows first. */
export function denseDemand(array: SystolicArray, operands: Operands): Demand {
  const { rows: R, columns: C, dataflow } = array;
  const { m, n, k, input, filter, output } = operands;
  const fold = foldOnto(array, operands);
  const { time, rowFolds, columnFolds, cyclesPerFold, spatialRows, spatialColumns } = fold;
  const lines = { input: demandLine(Math.max(R, C)), filter: demandLine(Math.max(R, C)), output: demandLine(C) };
  const stationary = (line: DemandLine, t: number, row0: number, column0: number, word: (row: number, column: number) => number): void => {
    // Pushed in from the top, last row first.
    const row = row0 + R - 1 - t;
    if (t >= R || row >= spatialRows) return;
    for (let column = column0; column < Math.min(column0 + C, spatialColumns); column++) {
      const address = word(row, column);
      if (address >= 0) line.words[line.count++] = address;
    }
  };
  const at = (cycle: number): void => {
    lines.input.count = lines.filter.count = lines.output.count = 0;
    const index = Math.floor(cycle / cyclesPerFold);
    const t = cycle - index * cyclesPerFold;
    const row0 = (index % rowFolds) * R;
    const column0 = Math.floor(index / rowFolds) * C;
    const rowLanes = Math.min(R, spatialRows - row0);
    const columnLanes = Math.min(C, spatialColumns - column0);
    if (dataflow === 'os') {
      addSkewed(lines.input, t, time, rowLanes, (step, lane) => input(row0 + lane, step));
      addSkewed(lines.filter, t, time, columnLanes, (step, lane) => filter(step, column0 + lane));
      // Outputs leave by the bottom edge, last row first, also the rows that hold nothing.
      if (t >= time - 1)
        addSkewed(lines.output, t - time + 1, R, columnLanes, (step, lane) =>
          R - 1 - step < rowLanes ? output(row0 + R - 1 - step, column0 + lane) : -1,
        );
      return;
    }
    const drained = t - 2 * R + 1;
    if (dataflow === 'ws') {
      if (t >= R) addSkewed(lines.input, t - R, time, rowLanes, (step, lane) => input(step, row0 + lane));
      stationary(lines.filter, t, row0, column0, filter);
      if (drained >= 0) addSkewed(lines.output, drained, time, columnLanes, (step, lane) => output(step, column0 + lane));
      return;
    }
    stationary(lines.input, t, row0, column0, (row, column) => input(column, row));
    if (t >= R) addSkewed(lines.filter, t - R, time, rowLanes, (step, lane) => filter(row0 + lane, step));
    if (drained >= 0) addSkewed(lines.output, drained, time, columnLanes, (step, lane) => output(column0 + lane, step));
  };
  const orders: Pick<Demand, 'inputOrder' | 'filterOrder'> =
    dataflow === 'os'
      ? {
          inputOrder: streamedOrder(rowFolds, time, R, m, (step, lane) => input(lane, step)),
          filterOrder: streamedOrder(columnFolds, time, C, n, filter),
        }
      : dataflow === 'ws'
        ? {
            inputOrder: streamedOrder(rowFolds, time, R, k, input),
            filterOrder: stationaryOrder(columnFolds, k, C, n, filter),
          }
        : {
            inputOrder: stationaryOrder(columnFolds, k, C, m, (row, column) => input(column, row)),
            filterOrder: streamedOrder(rowFolds, time, R, k, (step, lane) => filter(lane, step)),
          };
  return { cycles: rowFolds * columnFolds * cyclesPerFold, ...lines, at, ...orders };
}

/** Calls `visit` with every word of a fetch order, -1 for padding, in order. */
export function forEachFetched(order: FetchOrder, visit: (word: number) => void): void {
  const { rows, columns, word, diagonal } = order;
  if (!diagonal) {
    for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) visit(word(row, column));
    return;
  }
  for (let d = 0; d < rows + columns - 1; d++) {
    const least = Math.max(0, d - columns + 1);
    for (let row = Math.min(d, rows - 1); row >= least; row--) visit(word(row, d - row));
  }
}
