import {
  add,
  customGrad,
  dispose,
  gather,
  keep,
  mul,
  reshape,
  scatterND,
  square,
  sum,
  tensor1d,
  tidy,
  zeros,
  type GradSaveFunc,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { csrLinear, csrMatMul, csrSampledMatMul, rewire, type CsrPattern, type SeeGradient } from '@x/tensor/sparse';

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
  /** x·Sᵀ + bias for the forward set S, of x [batch, inputs]; the gradient of the values reaches the backward set. */
  linear(x: Tensor, values: Tensor, bias: Tensor | undefined, see?: SeeGradient): Tensor;
  /** Undefined if there is none. */
  penalty(values: Tensor): Tensor | undefined;
  dispose(): void;
}

/** Divides a pattern whose values have `room` elements. Forward and the gradient of x cost the forward set, that of the values the backward set. */
export function dividePattern(rows: CsrPattern, room: number, division: Division): DividedPattern {
  checkDivision(rows, division);
  const ahead = rewire(rows, { keep: division.forward, grown: new Float64Array(0) });
  const back = rewire(rows, { keep: division.backward, grown: new Float64Array(0) });
  for (const { pattern } of [ahead, back]) pattern.prepare();
  const whole = back.from.size === rows.nonZeros;
  // On the device once, not at each step.
  const used = keep(ahead.from);
  const trained = keep(back.from);
  const weights = penaltyWeights(room, division);

  const valuesGradient = (dy: Tensor, x: Tensor): Tensor => {
    if (whole) return csrSampledMatMul(dy, x, back.pattern, { size: room });
    if (back.from.size === 0) return zeros([room]);
    return scatterND(reshape(trained, [-1, 1]), csrSampledMatMul(dy, x, back.pattern), [room]);
  };

  return {
    division,
    linear: (x, values, bias, see) => {
      const product = customGrad((input, all, save) => {
        const own = gather(all as Tensor, used);
        (save as GradSaveFunc)([input as Tensor, own]);
        return {
          value: csrLinear(input as Tensor, own, ahead.pattern),
          gradFunc: (dy: Tensor, saved: Tensor[]) => {
            const [seen, present] = saved as [Tensor, Tensor];
            see?.(dy, seen);
            return [csrMatMul(dy, present, ahead.pattern), valuesGradient(dy, seen)];
          },
        };
      });
      return tidy(() => {
        const z = product(reshape(x, [-1, rows.columns]), values);
        return reshape(bias ? add(z, bias) : z, [...x.shape.slice(0, -1), rows.rows]);
      });
    },
    penalty: (values) => weights && tidy(() => mul(sum(mul(square(values), weights)), 0.5)),
    dispose: () => {
      ahead.pattern.dispose();
      back.pattern.dispose();
      dispose([used, trained]);
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
