import { checkArray, checkNumber, checkObject } from '../validation.ts';
import { quadraticForm } from './gptq.ts';
import { checkWeight, dequantizeWeight, roundToGrid, weightGrid, type GridOptions, type WeightMatrix } from './weight-grid.ts';
import { checkOptions } from '@x/tensor/arguments';

/** Activations of a layer's inputs, as calibration saw them. */
export interface InputStatistics {
  /** Mean |x| of each input. */
  readonly meanSize: ArrayLike<number>;
  /** X·Xᵀ times any factor, [inputs, inputs] row-major. */
  readonly hessian: Float64Array;
}

/** Scales that were tried and what they lead to. */
export interface AwqScales {
  /** What each input's weights are multiplied by before they are quantized, and its activations divided by. */
  readonly scales: Float64Array<ArrayBuffer>;
  /** Power of the activations' mean size; 0 means that no scaling was best. */
  readonly exponent: number;
  /** trace(Dᵀ·H·D) of the chosen and of the unscaled weights. */
  readonly error: number;
  readonly unscaledError: number;
}

/** Exponents tried: 0, 1/20, ..., 19/20. */
const STEPS = 20;

/**
 * Scales that protect the inputs with large activations: s = (mean|x|)^r / √(max s · min s), for the r of {0, 0.05, ..., 0.95} with
 * the least error of the layer's output, weights Q(w·s) / s.
 *
 * @throws {RangeError} if sizes don't fit, or an option is out of range.
 *
 * J. Lin et al., "AWQ: Activation-aware Weight Quantization for LLM Compression and Acceleration", 2023, arXiv 2306.00978;
 * the search over scales, not the one over clipping.
 */
export function awqScales(weight: WeightMatrix, statistics: InputStatistics, options: GridOptions = {}): AwqScales {
  checkOptions('awqScales', options);
  checkObject('awqScales', 'statistics', statistics, ['meanSize', 'hessian']);
  const { meanSize, hessian } = statistics;
  checkArray('awqScales', 'statistics.meanSize', meanSize);
  checkArray('awqScales', 'statistics.hessian', hessian);
  checkWeight('awqScales', weight);
  const { inputs, units } = weight;
  checkNumber('awqScales', 'the number of values of meanSize', meanSize.length, { least: inputs, most: inputs });
  checkNumber('awqScales', 'the number of values of hessian', hessian.length, { least: inputs * inputs, most: inputs * inputs });
  let best: Omit<AwqScales, 'unscaledError'> | undefined;
  let unscaledError = 0;
  for (let step = 0; step < STEPS; step++) {
    const exponent = step / STEPS;
    const scales = Float64Array.from(meanSize, (size) => Math.max(size ** exponent, 1e-4));
    const norm = Math.sqrt(Math.max(...scales) * Math.min(...scales));
    for (let input = 0; input < inputs; input++) scales[input]! /= norm;
    const values = Float64Array.from(weight.values, (value, at) => value * (scales[Math.floor(at / units)] as number));
    const scaled = { values, inputs, units };
    const back = dequantizeWeight(roundToGrid(scaled, weightGrid(scaled, options)));
    const difference = Float64Array.from(
      back,
      (value, at) => value / (scales[Math.floor(at / units)] as number) - (weight.values[at] as number),
    );
    const error = quadraticForm(difference, hessian, inputs, units);
    if (step === 0) unscaledError = error;
    if (!best || error < best.error) best = { scales, exponent, error };
  }
  return { ...(best as AwqScales), unscaledError };
}
