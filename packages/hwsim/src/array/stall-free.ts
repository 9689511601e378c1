import type { GemmShape } from '../graph/gemm-shape.ts';
import { requireInteger, requireObject, requireOneOf, requireOptions } from '../validation.ts';
import { compats, foldOnto, type Compat, type SystolicArray } from './dataflow.ts';

/** What one matrix product takes on an array whose memories never make it wait. */
export interface ArrayWork {
  readonly cycles: number;
  readonly macs: number;
  /** Words read from and written to the SRAMs. */
  readonly inputReads: number;
  readonly filterReads: number;
  readonly outputWrites: number;
  /** Mean share of processing elements that hold something, in [0, 1]. */
  readonly mappingEfficiency: number;
  /** Mean share of processing-element cycles that multiply, over folds, in [0, 1]. */
  readonly computeUtilisation: number;
  /** macs / (rows · columns · cycles). */
  readonly overallUtilisation: number;
}

/**
 * Cycles, SRAM traffic and utilisation of a matrix product, in closed form.
 *
 * cycles = rowFolds · columnFolds · cyclesPerFold; a streamed operand is read once for every fold across it, a stationary one once.
 *
 * @param array rows, columns and dataflow
 * @param shape m, n, k of the product, elements
 * @param options.compat whose counts to report, `none` by default
 * @returns cycles and words
 * @throws RangeError naming the size that isn't a positive whole number, or a product too large to count exactly
 * @example stallFreeWork({ rows: 32, columns: 32, dataflow: 'ws' }, { m: 3025, n: 96, k: 363 }, { compat: 'scalesim-v3' }).cycles // 112283
 */
export function stallFreeWork(array: SystolicArray, shape: Pick<GemmShape, 'm' | 'n' | 'k'>, options: { compat?: Compat } = {}): ArrayWork {
  const { compat = 'none' } = requireOptions(options);
  requireOneOf('options.compat', compat, compats);
  const { m, n, k } = requireObject('shape', shape);
  requireInteger('shape.m', m);
  requireInteger('shape.n', n);
  requireInteger('shape.k', k);
  const { spatialRows, spatialColumns, time, rowFolds, columnFolds, cyclesPerFold } = foldOnto(array, shape);
  const { rows, columns, dataflow } = array;
  const folds = rowFolds * columnFolds;
  const total = folds * cyclesPerFold;
  const macs = m * n * k;
  if (!Number.isSafeInteger(macs) || !Number.isSafeInteger(total))
    throw new RangeError(`a product of ${m} x ${k} by ${k} x ${n} can't be counted exactly in 53 bits; split it`);
  const quirks = compat !== 'none';
  const cycles = quirks ? total - 1 : total;
  const used = (spatialRows * spatialColumns) / (folds * rows * columns);
  const utilisationCycles = quirks && dataflow !== 'os' ? cyclesPerFold + columns - 1 : cyclesPerFold;
  return {
    cycles,
    macs,
    inputReads: m * k * (dataflow === 'is' ? 1 : columnFolds),
    filterReads: k * n * (dataflow === 'os' ? rowFolds : dataflow === 'is' ? columnFolds : 1),
    outputWrites: m * n * (dataflow === 'os' ? 1 : rowFolds) + (quirks && dataflow === 'os' ? folds * (rows + columns) : 0),
    mappingEfficiency: used,
    computeUtilisation: (used * time) / utilisationCycles,
    overallUtilisation: macs / (rows * columns * cycles),
  };
}

/**
 * The same two means, summed fold by fold in the array's order, so that their last bit is that of a tool that adds them up.
 *
 * @returns shares in [0, 1]
 */
export function meansOverFolds(
  array: SystolicArray & { readonly compat?: Compat },
  shape: Pick<GemmShape, 'm' | 'n' | 'k'>,
): { mapping: number; compute: number } {
  const { rows, columns, dataflow, compat = 'none' } = array;
  const { spatialRows, spatialColumns, time, rowFolds, columnFolds, cyclesPerFold } = foldOnto(array, shape);
  const cycles = compat !== 'none' && dataflow !== 'os' ? cyclesPerFold + columns - 1 : cyclesPerFold;
  let [mapping, compute] = [0, 0];
  for (let c = 0; c < columnFolds; c++)
    for (let r = 0; r < rowFolds; r++) {
      const used = Math.min(rows, spatialRows - r * rows) * Math.min(columns, spatialColumns - c * columns);
      mapping += used / (rows * columns);
      compute += (used * time) / (rows * columns * cycles);
    }
  return { mapping: mapping / (rowFolds * columnFolds), compute: compute / (rowFolds * columnFolds) };
}
