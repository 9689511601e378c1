import { add, mul, tidy } from '@tensorflow/tfjs-core';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkNumber } from '../ops/arguments.ts';
import { mapGradients } from './map-gradients.ts';
import type { GradientTransform } from './optimizer.ts';
import { checkSlots, filledSlot, inSlot } from './slots.ts';

export interface TraceOptions {
  /** Look ahead along the trace: g + decay · t rather than t. Default false. */
  readonly nesterov?: boolean;
}

/**
 * Momentum as a transform: t = decay · t + g, and the trace t in place of the gradient. State: the slot `trace`.
 *
 * `chain(trace(0.9), sgd({ learningRate }))` is `sgd({ learningRate, momentum: 0.9 })`.
 *
 * @throws {RangeError} if the decay is not from 0 to below 1.
 */
export function trace(decay: number, options: TraceOptions = {}): GradientTransform {
  const { nesterov = false } = checkOptions('trace', options);
  checkNumber('trace', 'decay', decay, { least: 0, below: 1 });
  return {
    init: (parameters) => ({ step: 0, slots: { trace: filledSlot(parameters) } }),
    transform: (gradients, state) => {
      checkSlots('trace.transform', ['trace'], gradients, state);
      return tidy(() =>
        mapGradients(gradients, (gradient, name) => {
          const kept = inSlot(state, 'trace', name);
          kept.assign(add(mul(kept, decay), gradient));
          // A tensor of its own, because a variable must not be disposed by whoever is done with the gradients.
          return nesterov ? add(gradient, mul(kept, decay)) : mul(kept, 1);
        }),
      );
    },
  };
}
