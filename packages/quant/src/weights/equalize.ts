import { checkWeight, type WeightMatrix } from './weight-grid.ts';

/**
 * Factors that give two layers in a row equal ranges channel by channel: s_i = √(r1_i / r2_i), r1_i the range of what the first
 * makes of channel i, r2_i that of what the second does with it. Divide the first's channel by s_i, multiply the second's.
 * Valid where nothing stands between them but functions with f(s·x) = s·f(x), s > 0, such as relu.
 *
 * @throws {RangeError} if the first's units are not the second's inputs.
 *
 * M. Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", 2019, arXiv 1906.04721; ranges are max|w|.
 */
export function equalizingFactors(first: WeightMatrix, second: WeightMatrix): Float64Array<ArrayBuffer> {
  checkWeight('equalizingFactors', first, 'first');
  checkWeight('equalizingFactors', second, 'second');
  if (first.units !== second.inputs)
    throw new RangeError(
      `equalizingFactors: the first layer has ${first.units} units, but the second ${second.inputs} inputs; they must be as many.`,
    );
  return Float64Array.from({ length: first.units }, (_, channel) => {
    let made = 0;
    for (let input = 0; input < first.inputs; input++)
      made = Math.max(made, Math.abs(first.values[input * first.units + channel] as number));
    let used = 0;
    for (let unit = 0; unit < second.units; unit++) used = Math.max(used, Math.abs(second.values[channel * second.units + unit] as number));
    return made === 0 || used === 0 ? 1 : Math.sqrt(made / used);
  });
}
