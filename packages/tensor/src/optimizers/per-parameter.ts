import { tidy, variable, zerosLike, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import type { NamedVariables } from '../layers/layer.ts';
import { describe } from '../ops/arguments.ts';
import { checkGradients, checkParameters, type Optimizer, type OptimizerState } from './optimizer.ts';

/** Updates one parameter and its slots, which come in the order of the rule's names. */
export type ParameterUpdate = (parameter: Variable, gradient: Tensor, slots: readonly Variable[]) => void;

/** An optimizer that treats each parameter by itself. */
export interface ParameterRule {
  /** Its function's name, for errors. */
  readonly name: string;
  readonly slots: readonly string[];
  /** What to do to each parameter at a step, counted from 0. */
  readonly at: (step: number) => ParameterUpdate;
}

/** The optimizer of a rule: makes its slots, checks everything before the first change, and counts steps. */
export function perParameter({ name, slots, at }: ParameterRule): Optimizer {
  return {
    init: (parameters) => {
      checkParameters(`${name}.init`, parameters);
      return { step: 0, slots: Object.fromEntries(slots.map((slot) => [slot, zeros(parameters)])) };
    },
    update: (parameters, gradients, state) => {
      const where = `${name}.update`;
      checkParameters(where, parameters);
      checkGradients(where, gradients, parameters);
      checkState(where, slots, gradients, parameters, state);
      const update = at(state.step);
      tidy(() => {
        for (const key of Object.keys(gradients)) {
          const own = slots.map((slot) => (state.slots[slot] as NamedVariables)[key] as Variable);
          update(parameters[key] as Variable, gradients[key] as Tensor, own);
        }
      });
      state.step++;
    },
  };
}

function zeros(parameters: NamedVariables): NamedVariables {
  return tidy(() => Object.fromEntries(Object.entries(parameters).map(([key, parameter]) => [key, variable(zerosLike(parameter), false)])));
}

function checkState(where: string, slots: readonly string[], gradients: object, parameters: NamedVariables, state: OptimizerState): void {
  if (typeof state?.step !== 'number' || !Number.isInteger(state.step) || state.step < 0 || typeof state.slots !== 'object')
    throw new TypeError(`${where}: state is ${describe(state)}, but must be what init(parameters) returned.`);
  for (const slot of slots) {
    for (const key of Object.keys(gradients)) {
      const own = state.slots[slot]?.[key];
      if (!own || own.isDisposed || own.size !== parameters[key]?.size)
        throw new RangeError(
          `${where}: state has no live ${slot} for '${key}' of shape [${parameters[key]?.shape.join(', ')}]; use the state that init made for these parameters.`,
        );
    }
  }
}
