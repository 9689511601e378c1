import { tidy } from '@tensorflow/tfjs-core';
import type { NamedVariables } from '../layers/layer.ts';
import { describe } from '../ops/arguments.ts';
import { checkGradients, checkParameters, disposeState, type Gradients, type Optimizer, type OptimizerState } from './optimizer.ts';
import { checkSlots, joinSlots } from './slots.ts';

/** An optimizer that does something beside what another one does. */
export interface Around {
  /** Its function's name, for errors. */
  readonly name: string;
  /** The one slot it adds. */
  readonly slot: string;
  /** The slot's first values. */
  readonly first: (parameters: NamedVariables) => NamedVariables;
  /** An update, in a tidy; `inner` is the state of the optimizer within, whose step is already set. */
  readonly update: (parameters: NamedVariables, gradients: Gradients, state: OptimizerState, inner: OptimizerState) => void;
  /** The step of the optimizer within at a step. Default the same. */
  readonly innerStep?: (step: number) => number;
}

/** The optimizer around another: makes its state of both, and checks everything before the first change. */
export function around(optimizer: Optimizer, { name, slot, first, update, innerStep = (step) => step }: Around): Optimizer {
  if (typeof optimizer?.update !== 'function')
    throw new TypeError(`${name}: optimizer is ${describe(optimizer)}, but must be one, such as adamw().`);
  return {
    init: (parameters) => {
      checkParameters(`${name}.init`, parameters);
      const inner = optimizer.init(parameters);
      try {
        return { step: 0, slots: joinSlots({ [slot]: first(parameters) }, { inner }), parts: [inner] };
      } catch (error) {
        disposeState(inner);
        throw error;
      }
    },
    update: (parameters, gradients, state) => {
      const where = `${name}.update`;
      checkParameters(where, parameters);
      checkGradients(where, gradients, parameters);
      checkSlots(where, [slot], gradients, state);
      const inner = state.parts?.[0];
      if (!inner) throw new TypeError(`${where}: state has no part for the optimizer within; use what its init(parameters) returned.`);
      // A state that was restored from a file has its step set at the top.
      inner.step = innerStep(state.step);
      tidy(() => update(parameters, gradients, state, inner));
      state.step++;
    },
  };
}
