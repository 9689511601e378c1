import { fill, mul, tidy, variable, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import type { NamedVariables } from '../layers/layer.ts';
import { describe } from '../ops/arguments.ts';
import type { Gradients, OptimizerState } from './optimizer.ts';

/** A slot of one value. */
export function filledSlot(parameters: NamedVariables, value = 0): NamedVariables {
  return slotOf(parameters, ({ shape }) => fill(shape, value));
}

/** A slot of the parameters' present values. */
export function copiedSlot(parameters: NamedVariables): NamedVariables {
  return slotOf(parameters, (parameter) => mul(parameter, 1));
}

function slotOf(parameters: NamedVariables, first: (parameter: Variable) => Tensor): NamedVariables {
  return tidy(() => Object.fromEntries(Object.entries(parameters).map(([name, parameter]) => [name, variable(first(parameter), false)])));
}

/** A parameter's variable in a slot that {@link checkSlots} has seen. */
export function inSlot(state: OptimizerState, slot: string, name: string): Variable {
  return (state.slots[slot] as NamedVariables)[name] as Variable;
}

/** @throws {TypeError | RangeError} unless the state counts steps and has in each slot a live variable for each gradient. */
export function checkSlots(where: string, slots: readonly string[], gradients: Gradients, state: OptimizerState): void {
  if (typeof state?.step !== 'number' || !Number.isInteger(state.step) || state.step < 0 || typeof state.slots !== 'object')
    throw new TypeError(`${where}: state is ${describe(state)}, but must be what init(parameters) returned.`);
  for (const slot of slots) {
    for (const [name, { size, shape }] of Object.entries(gradients)) {
      const own = state.slots[slot]?.[name];
      if (!own || own.isDisposed || own.size !== size)
        throw new RangeError(
          `${where}: state has no live ${slot} for '${name}' of shape [${shape.join(', ')}]; use the state that init made for these parameters.`,
        );
    }
  }
}

/** A state's slots and those of its parts, the latter under `part.slot`, so that all can be saved and disposed by name. */
export function joinSlots(
  own: Readonly<Record<string, NamedVariables>>,
  parts: Readonly<Record<string, OptimizerState>>,
): Record<string, NamedVariables> {
  return {
    ...own,
    ...Object.fromEntries(
      Object.entries(parts).flatMap(([part, { slots }]) =>
        Object.entries(slots).map(([slot, variables]): [string, NamedVariables] => [`${part}.${slot}`, variables]),
      ),
    ),
  };
}
