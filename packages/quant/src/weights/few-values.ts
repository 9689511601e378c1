import { checkWeight, type QuantizedWeight, type WeightMatrix } from './weight-grid.ts';

/**
 * Ternary weights: in each unit -scale, 0 or scale, 0 where |w| ≤ 0.7 · mean|w|, and scale the mean |w| of the others.
 *
 * F. Li et al., "Ternary Weight Networks", 2016, arXiv 1605.04711; here with a threshold and a scale for each unit.
 */
export function ternaryWeight(weight: WeightMatrix): QuantizedWeight {
  checkWeight('ternaryWeight', weight);
  return ofUnits(weight, (sizes) => {
    const threshold = 0.7 * mean(sizes);
    const kept = sizes.filter((size) => size > threshold);
    return { threshold, scale: mean(kept) };
  });
}

/**
 * Binary weights: in each unit -scale or scale by the sign of w (0 counts as positive), scale the mean |w|.
 *
 * M. Rastegari et al., "XNOR-Net", 2016, arXiv 1603.05279, its binary-weight networks.
 */
export function binaryWeight(weight: WeightMatrix): QuantizedWeight {
  checkWeight('binaryWeight', weight);
  return ofUnits(weight, (sizes) => ({ threshold: -1, scale: mean(sizes) }));
}

function ofUnits(
  { values, inputs, units }: WeightMatrix,
  choose: (sizes: Float64Array) => { threshold: number; scale: number },
): QuantizedWeight {
  const scales = new Float32Array(units);
  const rounded = new Int16Array(values.length);
  for (let unit = 0; unit < units; unit++) {
    const sizes = Float64Array.from({ length: inputs }, (_, input) => Math.abs(values[input * units + unit] as number));
    const { threshold, scale } = choose(sizes);
    scales[unit] = Math.fround(scale) || 1;
    for (let input = 0; input < inputs; input++) {
      const at = input * units + unit;
      // A unit of zeros stays one.
      if (scale > 0 && (sizes[input] as number) > threshold) rounded[at] = (values[at] as number) < 0 ? -1 : 1;
    }
  }
  return { values: rounded, inputs, units, bits: 2, groupSize: undefined, least: -1, most: 1, scales, zeroPoints: new Int32Array(units) };
}

function mean(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
