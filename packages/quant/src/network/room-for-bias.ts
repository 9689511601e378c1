import { roundHalfEven } from '../arithmetic/rounding.ts';
import type { QuantizedWeight } from '../weights/weight-grid.ts';

/** Biases and sums are added in int32: half of it is left to the sums. */
const MOST_STEPS = 2 ** 30;

/**
 * A weight with its scales raised where a bias, which counts in steps of the input's scale times the weight's, would count more than int32
 * holds: of units whose weights are tiny beside their bias, as of one that died in training. What its integers lose is less than a step of
 * 2^-30 of the bias.
 */
export function withRoomForBias(weight: QuantizedWeight, bias: ArrayLike<number> | undefined, inputScale: number): QuantizedWeight {
  const { scales, zeroPoints, units } = weight;
  const raised = scales.slice();
  for (let unit = 0; unit < (bias?.length ?? 0); unit++) {
    const index = scales.length === 1 ? 0 : unit;
    raised[index] = Math.max(raised[index] as number, Math.abs(bias?.[unit] as number) / inputScale / MOST_STEPS);
  }
  if (raised.every((scale, index) => scale === scales[index])) return weight;
  const values = weight.values.map((value, at) => {
    const index = scales.length === 1 ? 0 : at % units;
    const zero = zeroPoints[index] as number;
    return roundHalfEven(((value - zero) * (scales[index] as number)) / (raised[index] as number)) + zero;
  });
  return { ...weight, values, scales: raised };
}
