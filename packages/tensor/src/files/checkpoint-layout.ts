import type { NamedVariables } from '../layers/layer.ts';
import type { OptimizerState } from '../optimizers/optimizer.ts';
import type { Key } from '../random/key.ts';
import type { FitPosition } from '../train/fit-position.ts';

/** Beside the tensors, as JSON. */
export interface Progress {
  readonly version: 1;
  readonly steps?: Steps;
  readonly position?: FitPosition;
  readonly key?: Key;
}

/** The steps of an optimizer's state and of its parts. */
export interface Steps {
  readonly step: number;
  readonly parts?: readonly Steps[];
}

export const MODEL = 'model.';
export const OPTIMIZER = 'optimizer.';
export const EXTRA = 'extra.';
export const PROGRESS = 'checkpoint';

/** The variables of an optimizer's state by the names that a checkpoint gives them. */
export function slotVariables(state: OptimizerState): NamedVariables {
  return Object.fromEntries(
    Object.entries(state.slots).flatMap(([slot, variables]) =>
      Object.entries(variables).map(([name, variable]) => [`${slot}.${name}`, variable] as const),
    ),
  );
}
