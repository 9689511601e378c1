import { keep, mul, square, sum, tensor1d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { csrDividedLinear, divideCsr, type CsrLinearOptions, type CsrPattern } from '@x/tensor/sparse';

/** Which of a layer's non-zeros take part in its output, and which get a gradient; a flag for each. */
export interface Division {
  /** 1 for those of the forward pass. */
  readonly forward: Uint8Array;
  /** 1 for those that are trained, among them all of the forward pass. */
  readonly backward: Uint8Array;
  /** Half of this times the squares of the forward set is added to the loss in training. Default 0. */
  readonly penalty?: number;
  /** Likewise of those that are trained without taking part. Default 0. */
  readonly explorationPenalty?: number;
}

/** A layer's non-zeros as they are divided. */
export interface DividedPattern {
  readonly division: Division;
  /** activation(x·Sᵀ + bias) for the forward set S; the gradient of the values reaches the backward set. */
  linear(x: Tensor, values: Tensor, bias: Tensor | undefined, options: CsrLinearOptions): Tensor;
  /** Undefined if there is none. */
  penalty(values: Tensor): Tensor | undefined;
  dispose(): void;
}

/** Divides a pattern whose values have `room` elements. Forward and the gradient of x cost the forward set, that of the values the backward set. */
export function dividePattern(pattern: CsrPattern, room: number, division: Division): DividedPattern {
  checkDivision(pattern, division);
  const parts = divideCsr(pattern, room, division.forward, division.backward);
  // On the device once, not at each step.
  const weights = penaltyWeights(room, division);
  return {
    division,
    linear: (x, values, bias, options) => csrDividedLinear(x, values, parts, bias, options),
    penalty: (values) => weights && tidy(() => mul(sum(mul(square(values), weights)), 0.5)),
    dispose: () => {
      parts.dispose();
      weights?.dispose();
    },
  };
}

function checkDivision({ nonZeros }: CsrPattern, { forward, backward }: Division): void {
  for (const [name, flags] of Object.entries({ forward, backward }))
    if (flags.length !== nonZeros)
      throw new RangeError(`divide: ${name} has ${flags.length} flags, but the layer has ${nonZeros} non-zeros; give one for each.`);
  const wrong = forward.findIndex((flag, q) => flag === 1 && backward[q] !== 1);
  if (wrong >= 0)
    throw new RangeError(
      `divide: forward has non-zero ${wrong}, but backward doesn't; what takes part must be trained, so backward must hold all of forward.`,
    );
}

function penaltyWeights(room: number, { forward, backward, penalty = 0, explorationPenalty = 0 }: Division): Tensor | undefined {
  if (penalty === 0 && explorationPenalty === 0) return undefined;
  const weights = new Float32Array(room);
  for (let q = 0; q < forward.length; q++) weights[q] = forward[q] === 1 ? penalty : backward[q] === 1 ? explorationPenalty : 0;
  return keep(tensor1d(weights));
}
