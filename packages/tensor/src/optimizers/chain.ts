import { tidy } from '@tensorflow/tfjs-core';
import { describe } from '../ops/arguments.ts';
import {
  checkGradients,
  checkParameters,
  disposeState,
  type GradientTransform,
  type Gradients,
  type Optimizer,
  type OptimizerState,
} from './optimizer.ts';
import { joinSlots } from './slots.ts';

/**
 * An optimizer that gets its gradients through transforms, the first one first. Its state shows each part's slots under `index.slot`.
 *
 * @throws {TypeError} if a part but the last is no transform, or the last is no optimizer.
 * @example
 * const optimizer = chain(clipByGlobalNorm(1), adamw({ learningRate: 3e-4 }));
 */
export function chain(...parts: [...GradientTransform[], Optimizer]): Optimizer {
  const optimizer = parts.at(-1) as Optimizer;
  const transforms = parts.slice(0, -1) as GradientTransform[];
  transforms.forEach((part, index) => {
    if (typeof part?.transform !== 'function')
      throw new TypeError(
        `chain: part ${index} is ${describe(part)}, but all before the last must be transforms, such as clipByGlobalNorm(1).`,
      );
  });
  if (typeof optimizer?.update !== 'function')
    throw new TypeError(`chain: the last part is ${describe(optimizer)}, but must be an optimizer, such as sgd() or adamw().`);
  return {
    init: (parameters) => {
      const states: OptimizerState[] = [];
      try {
        for (const part of [...transforms, optimizer]) states.push(part.init(parameters));
      } catch (error) {
        for (const state of states) disposeState(state);
        throw error;
      }
      return { step: 0, slots: joinSlots({}, Object.fromEntries(states.entries())), parts: states };
    },
    update: (parameters, gradients, state) => {
      checkParameters('chain.update', parameters);
      checkGradients('chain.update', gradients, parameters);
      const { parts } = state;
      if (parts?.length !== transforms.length + 1)
        throw new TypeError(
          `chain.update: state has ${parts?.length ?? 'no'} parts, but the chain has ${transforms.length + 1}; use what its init(parameters) returned.`,
        );
      // A state that was restored from a file has its step set at the top.
      for (const part of parts) part.step = state.step;
      tidy(() => {
        const through = transforms.reduce(
          (passed: Gradients, part, index) => part.transform(passed, parts[index] as OptimizerState, parameters),
          gradients,
        );
        optimizer.update(parameters, through, parts.at(-1) as OptimizerState);
      });
      state.step++;
    },
  };
}
