import { clone, keep, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import type { NamedVariables, OptimizerState } from '@x/tensor';

/** What variables and an optimizer's state are now, so that an update can be taken back; shares memory with them until they change. */
export interface Taken {
  restore(): void;
  dispose(): void;
}

export function takeBack(parameters: NamedVariables, state: OptimizerState): Taken {
  const values = [parameters, ...Object.values(state.slots)]
    .flatMap((variables) => Object.values(variables))
    .map((variable): readonly [Variable, Tensor] => [variable, keep(clone(variable))]);
  const steps = [...partsOf(state)].map((part): readonly [OptimizerState, number] => [part, part.step]);
  return {
    restore: () => {
      for (const [variable, value] of values) variable.assign(value);
      for (const [part, step] of steps) part.step = step;
    },
    dispose: () => {
      for (const [, value] of values) value.dispose();
    },
  };
}

function* partsOf(state: OptimizerState): Generator<OptimizerState> {
  yield state;
  for (const part of state.parts ?? []) yield* partsOf(part);
}
