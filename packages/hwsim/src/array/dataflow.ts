import type { GemmShape } from '../graph/gemm-shape.ts';
import { requireInteger, requireNumber, requireObject, requireOneOf } from '../validation.ts';

/** What stays in the processing elements while the rest streams through: the outputs, the weights or the inputs. */
export type Dataflow = 'os' | 'ws' | 'is';

export const dataflows: readonly Dataflow[] = ['os', 'ws', 'is'];

/**
 * Whose counts to report.
 *
 * `none`: every cycle, stall and word counted once. `scalesim-v2` and `scalesim-v3`: the figures those releases print, which name the index of the
 * last cycle instead of the number of cycles, add rows + columns to the output writes of every output-stationary fold, and count columns - 1
 * cycles twice in the compute utilisation of the other two dataflows; v3 moreover adds every read stall twice (and lets early prefetches
 * take cycles back before a stall).
 */
export type Compat = 'none' | 'scalesim-v2' | 'scalesim-v3';

export const compats: readonly Compat[] = ['none', 'scalesim-v2', 'scalesim-v3'];

/** `rows` x `columns` processing elements, one multiply-accumulate each a cycle. */
export interface SystolicArray {
  readonly rows: number;
  readonly columns: number;
  readonly dataflow: Dataflow;
}

/** A matrix product laid over an array: `spatialRows` x `spatialColumns` elements in place, `time` steps through each, in folds. */
export interface Folding {
  readonly spatialRows: number;
  readonly spatialColumns: number;
  readonly time: number;
  readonly rowFolds: number;
  readonly columnFolds: number;
  readonly cyclesPerFold: number;
}

export function requireArray(array: SystolicArray): void {
  requireObject('array', array);
  requireInteger('array.rows', array.rows);
  requireInteger('array.columns', array.columns);
  requireOneOf('array.dataflow', array.dataflow, dataflows);
}

/**
 * How a product folds onto an array.
 *
 * Output stationary: m x n in place, k steps, R + C + k − 2 cycles a fold. Weight stationary: k x n in place, m steps, 2R + C + m − 2.
 * Input stationary: k x m in place, n steps, 2R + C + n − 2. Output stationary drains while it fills, so it is R shorter than the formula
 * of "A Systematic Methodology for Characterizing Scalability of DNN Accelerators using SCALE-Sim" (2020).
 */
export function foldOnto(array: SystolicArray, shape: Pick<GemmShape, 'm' | 'n' | 'k'>): Folding {
  requireArray(array);
  requireObject('shape', shape);
  const { m, n, k } = shape;
  for (const [field, size] of Object.entries({ m, n, k })) requireNumber(`shape.${field}`, size, 0, true);
  const { rows, columns, dataflow } = array;
  const [spatialRows, spatialColumns, time] = dataflow === 'os' ? [m, n, k] : dataflow === 'ws' ? [k, n, m] : [k, m, n];
  return {
    spatialRows,
    spatialColumns,
    time,
    rowFolds: Math.ceil(spatialRows / rows),
    columnFolds: Math.ceil(spatialColumns / columns),
    cyclesPerFold: (dataflow === 'os' ? rows : 2 * rows) + columns + time - 2,
  };
}
