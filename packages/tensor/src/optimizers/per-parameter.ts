import { tidy, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { checkGradients, checkParameters, type Optimizer } from './optimizer.ts';
import { checkSlots, filledSlot, inSlot } from './slots.ts';

/** Updates one parameter and its slots, which come in the order of the rule's names. */
export type ParameterUpdate = (parameter: Variable, gradient: Tensor, slots: readonly Variable[]) => void;

/** One parameter's part of an update. */
export interface Update {
  readonly parameter: Variable;
  readonly gradient: Tensor;
  readonly slots: readonly Variable[];
}

/** An optimizer that treats each parameter by itself. */
export interface ParameterRule {
  /** Its function's name, for errors. */
  readonly name: string;
  readonly slots: readonly string[];
  /** What the slots are filled with at first. Default 0. */
  readonly initial?: number;
  /** What to do to each parameter at a step, counted from 0. */
  readonly at: (step: number) => ParameterUpdate;
  /** Does the same to all parameters at once, where that can be done. */
  readonly together?: (step: number) => ((all: readonly Update[]) => void) | undefined;
}

/** The optimizer of a rule: makes its slots, checks everything before the first change, and counts steps. */
export function perParameter({ name, slots, initial = 0, at, together }: ParameterRule): Optimizer {
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
      const { step } = state;
      const one = at(step);
      const update = together?.(step) ?? ((all) => all.forEach(({ parameter, gradient, slots }) => one(parameter, gradient, slots)));
      const all = Object.entries(gradients).map(([key, gradient]) => ({
        parameter: parameters[key] as Variable,
        gradient,
        slots: slots.map((slot) => inSlot(state, slot, key)),
      }));
      tidy(() => update(all));
      state.step++;
    },
  };
}
