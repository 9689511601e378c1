import { inverseCholesky } from '../linear-algebra/inverse-cholesky.ts';
import { checkArray, checkNumber } from '../validation.ts';
import {
  checkWeight,
  dequantizeWeight,
  gridIndex,
  nearestOnGrid,
  weightGrid,
  type GridOptions,
  type QuantizedWeight,
  type WeightGrid,
  type WeightMatrix,
} from './weight-grid.ts';
import { checkOptions } from '@x/tensor/arguments';

export interface GptqOptions extends GridOptions {
  /** Part of the mean of the Hessian's diagonal that is added to the diagonal. Default 0.01. */
  readonly damping?: number;
  /** Inputs whose corrections reach the inputs after them at once. Default 128; the result doesn't depend on it but for rounding. */
  readonly blockSize?: number;
  /** Whether inputs are quantized in order of falling diagonal of the Hessian; groups are then those of the original weight. Default false. */
  readonly actOrder?: boolean;
}

/**
 * Quantizes a linear layer's weight input by input; each rounding error is made good by the inputs not yet quantized, as far
 * as the layer's output is concerned.
 *
 * With U the upper Cholesky factor of (H + damping)⁻¹: q_i = round(w_i), e = (w_i - q_i) / U_ii, w_j ← w_j - e·U_ij for j > i.
 * Inputs that were always 0 get the weight 0.
 *
 * @param hessian Of the layer's inputs, X·Xᵀ times any factor, [inputs, inputs] row-major.
 * @returns Integers, and nothing else than them: steps are those of {@link weightGrid}, of a group's corrected weights when it is reached.
 * @throws {RangeError} if sizes don't fit, an option is out of range, or the damped Hessian isn't positive definite.
 *
 * E. Frantar et al., "GPTQ: Accurate Post-Training Quantization for Generative Pre-trained Transformers", 2022, arXiv 2210.17323.
 */
export function gptq(weight: WeightMatrix, hessian: Float64Array, options: GptqOptions = {}): QuantizedWeight {
  checkOptions('gptq', options);
  checkArray('gptq', 'hessian', hessian);
  const where = 'gptq';
  const { damping = 0.01, blockSize = 128, actOrder = false, ...gridOptions } = options;
  checkWeight(where, weight);
  checkNumber(where, 'damping', damping, { above: 0 });
  checkNumber(where, 'blockSize', blockSize, { least: 1, whole: true });
  const { inputs, units } = weight;
  if (hessian.length !== inputs * inputs)
    throw new RangeError(`${where}: hessian has ${hessian.length} values, but must be [inputs, inputs], ${inputs * inputs} values.`);

  const original = Float64Array.from(weight.values);
  const diagonal = Float64Array.from({ length: inputs }, (_, i) => hessian[i * inputs + i] as number);
  for (let input = 0; input < inputs; input++) if (diagonal[input] === 0) original.fill(0, input * units, (input + 1) * units);
  const order = Array.from(diagonal.keys());
  if (actOrder) order.sort((a, b) => (diagonal[b] as number) - (diagonal[a] as number) || a - b);
  const upper = inverseCholesky(damped(hessian, diagonal, damping, order), inputs);

  let grid: WeightGrid = weightGrid({ values: original, inputs, units }, gridOptions);
  const { groupSize } = grid;
  const corrected = new Float64Array(original.length);
  order.forEach((input, place) => corrected.set(original.subarray(input * units, (input + 1) * units), place * units));
  const values = new Int16Array(original.length);
  const errors = new Float64Array(Math.min(blockSize, inputs) * units);

  for (let begin = 0, end: number; begin < inputs; begin = end) {
    end = Math.min(begin + blockSize, inputs);
    if (groupSize !== undefined && !actOrder) {
      // A group's steps are chosen from weights that all corrections before it have reached, so that no block crosses its start.
      end = Math.min(end, (Math.floor(begin / groupSize) + 1) * groupSize);
      if (begin % groupSize === 0) grid = withGroup(grid, corrected, begin / groupSize, gridOptions);
    }
    for (let i = begin; i < end; i++) {
      const input = order[i] as number;
      const pivot = upper[i * inputs + i] as number;
      const error = errors.subarray((i - begin) * units, (i - begin + 1) * units);
      for (let unit = 0; unit < units; unit++) {
        const value = corrected[i * units + unit] as number;
        const q = nearestOnGrid(value, grid, input, unit);
        values[input * units + unit] = q;
        const index = gridIndex(grid, input, unit);
        error[unit] = (value - (grid.scales[index] as number) * (q - (grid.zeroPoints[index] as number))) / pivot;
      }
      for (let j = i + 1; j < end; j++) subtract(corrected, j * units, upper[i * inputs + j] as number, error);
    }
    for (let j = end; j < inputs; j++) {
      for (let i = begin; i < end; i++)
        subtract(corrected, j * units, upper[i * inputs + j] as number, errors.subarray((i - begin) * units, (i - begin + 1) * units));
    }
  }
  return { ...grid, values };
}

/** row ← row - factor · by. */
function subtract(rows: Float64Array, at: number, factor: number, by: Float64Array): void {
  for (let unit = 0; unit < by.length; unit++) rows[at + unit]! -= factor * (by[unit] as number);
}

/** The Hessian in the order of quantization, with damping, and 1 for inputs that were always 0. */
function damped(hessian: Float64Array, diagonal: Float64Array, damping: number, order: readonly number[]): Float64Array {
  const size = diagonal.length;
  const all = diagonal.map((value) => value || 1);
  const added = (damping * all.reduce((sum, value) => sum + value, 0)) / size;
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) matrix[i * size + j] = hessian[(order[i] as number) * size + (order[j] as number)] as number;
    matrix[i * size + i] = (all[order[i] as number] as number) + added;
  }
  return matrix;
}

/** The grid with the steps of one group found anew. */
function withGroup(grid: WeightGrid, weights: Float64Array, group: number, options: GridOptions): WeightGrid {
  const { units } = grid;
  const size = grid.groupSize as number;
  const members = weights.subarray(group * size * units, (group + 1) * size * units);
  const own = weightGrid({ values: members, inputs: size, units }, options);
  grid.scales.set(own.scales, group * units);
  grid.zeroPoints.set(own.zeroPoints, group * units);
  return grid;
}

/**
 * What quantization adds to a layer's output, on average over the inputs that the Hessian was made of: trace(Dᵀ·H·D), D = Ŵ - W.
 * With H = X·Xᵀ it is ‖X·D‖².
 */
export function outputError(weight: WeightMatrix, quantized: QuantizedWeight, hessian: Float64Array): number {
  checkWeight('outputError', weight);
  checkArray('outputError', 'hessian', hessian);
  const { inputs, units } = weight;
  const difference = Float64Array.from(dequantizeWeight(quantized), (value, i) => value - (weight.values[i] as number));
  return quadraticForm(difference, hessian, inputs, units);
}

/** trace(Dᵀ·H·D) of D [inputs, units]. */
export function quadraticForm(difference: Float64Array, hessian: Float64Array, inputs: number, units: number): number {
  let error = 0;
  const row = new Float64Array(units);
  for (let i = 0; i < inputs; i++) {
    row.fill(0);
    for (let j = 0; j < inputs; j++) {
      const factor = hessian[i * inputs + j] as number;
      if (factor === 0) continue;
      for (let unit = 0; unit < units; unit++) row[unit]! += factor * (difference[j * units + unit] as number);
    }
    for (let unit = 0; unit < units; unit++) error += (row[unit] as number) * (difference[i * units + unit] as number);
  }
  return error;
}
