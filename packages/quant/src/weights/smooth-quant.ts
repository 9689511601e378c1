import { checkArray, checkNumber } from '../validation.ts';
import { checkWeight, type WeightMatrix } from './weight-grid.ts';
import { checkOptions } from '@x/tensor/arguments';

/**
 * Factors that move the difficulty of quantizing from activations to weights: s_j = max|x_j|^alpha / max|w_j|^(1 - alpha).
 * Divide input j by s_j and multiply its weights by it; the output stays the same.
 *
 * @param sizes max|x_j| of each input.
 * @param alpha From 0 to 1; how much goes to the weights. Default 0.5.
 * @throws {RangeError} if sizes don't fit or alpha is out of range.
 * @example
 * smoothingFactors([2, 16, 2, 9], weight); // => [1, 4, 1, 3] where max|w_j| is 2, 1, 2, 1
 *
 * G. Xiao et al., "SmoothQuant: Accurate and Efficient Post-Training Quantization for Large Language Models", 2022, arXiv 2211.10438.
 */
export function smoothingFactors(
  sizes: ArrayLike<number>,
  weight: WeightMatrix,
  options: { readonly alpha?: number } = {},
): Float64Array<ArrayBuffer> {
  const { alpha = 0.5 } = checkOptions('smoothingFactors', options);
  checkArray('smoothingFactors', 'sizes', sizes);
  checkWeight('smoothingFactors', weight);
  checkNumber('smoothingFactors', 'alpha', alpha, { least: 0, most: 1 });
  const { values, inputs, units } = weight;
  checkNumber('smoothingFactors', 'the number of sizes', sizes.length, { least: inputs, most: inputs });
  return Float64Array.from({ length: inputs }, (_, input) => {
    let largest = 0;
    for (let unit = 0; unit < units; unit++) largest = Math.max(largest, Math.abs(values[input * units + unit] as number));
    const size = sizes[input] as number;
    // An input or weights that are always 0 need no help.
    if (size === 0 || largest === 0) return 1;
    return Math.max(size ** alpha / largest ** (1 - alpha), 1e-5);
  });
}
