import type { Layer } from '@x/tensor';
import { sparseLayers } from '../layers/sparse-layers.ts';
import { checkNumber } from '../validation.ts';

/** How strongly a network is linked to each input: the sum of |w| of the links that leave it in the first sparse layer. */
export function inputStrength(net: Layer): Float32Array {
  const { pattern, variables, inputs } = sparseLayers(net)[0]!.layer;
  const values = variables.values.dataSync();
  const strength = new Float32Array(inputs);
  for (let q = 0; q < pattern.nonZeros; q++) strength[pattern.indices[q]!]! += Math.abs(values[q]!);
  return strength;
}

/**
 * The inputs a network holds most of, strongest first: what feature selection keeps. Of equal ones the earlier.
 *
 * @throws {RangeError} if the network hasn't so many inputs.
 *
 * Z. Atashgahi et al., "Quick and Robust Feature Selection: the Strength of Energy-efficient Sparse Training for
 * Autoencoders", 2020, arXiv 2012.00560, which trains a denoising autoencoder by SET for it.
 */
export function strongestInputs(net: Layer, count: number): Int32Array {
  const strength = inputStrength(net);
  checkNumber('strongestInputs', 'count', count, { least: 0, most: strength.length, whole: true });
  return Int32Array.from(strength.keys())
    .sort((a, b) => strength[b]! - strength[a]! || a - b)
    .slice(0, count);
}
