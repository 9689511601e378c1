import { tidy, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { checkGradients, checkParameters, type Optimizer } from './optimizer.ts';
import { checkSlots, filledSlot, inSlot } from './slots.ts';

/** Updates one parameter and its slots, which come in the order of the rule's names. */
export type ParameterUpdate = (parameter: Variable, gradient: Tensor, slots: readonly Variable[]) => void;

/** An optimizer that treats each parameter by itself. */
export interface ParameterRule {
  /** Its function's name, for errors. */
  readonly name: string;
  readonly slots: readonly string[];
  /** What the slots are filled with at first. Default 0. */
  readonly initial?: number;
  /** What to do to each parameter at a step, counted from 0. */
  readonly at: (step: number) => ParameterUpdate;
}

/** The optimizer of a rule: makes its slots, checks everything before the first change, and counts steps. */
export function perParameter({ name, slots, initial = 0, at }: ParameterRule): Optimizer {
  return {
    init: (parameters) => {
      checkParameters(`${name}.init`, parameters);
      return { step: 0, slots: Object.fromEntries(slots.map((slot) => [slot, filledSlot(parameters, initial)])) };
    },
    update: (parameters, gradients, state) => {
      const where = `${name}.update`;
      checkParameters(where, parameters);
      checkGradients(where, gradients, parameters);
      checkSlots(where, slots, gradients, state);
      const update = at(state.step);
      tidy(() => {
        for (const key of Object.keys(gradients)) {
          const own = slots.map((slot) => inSlot(state, slot, key));
          update(parameters[key] as Variable, gradients[key] as Tensor, own);
        }
      });
      state.step++;
    },
  };
}
