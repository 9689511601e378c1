import { add, mul, sub, type Variable } from '@tensorflow/tfjs-core';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkNumber } from '../ops/arguments.ts';
import { around } from './around.ts';
import type { Optimizer } from './optimizer.ts';
import type { Schedule } from './schedules/schedule.ts';
import { copiedSlot, inSlot } from './slots.ts';

export interface AverageWeightsOptions {
  /**
   * Part of the average that is kept at each step, or a schedule of it; `(step) => step / (step + 1)` gives the plain
   * mean of all steps. Default 0.999.
   */
  readonly decay?: number | Schedule;
}

/**
 * Keeps beside the parameters a running mean of them: average = average + (1 - decay) (p - average) after each update.
 *
 * The parameters themselves are trained as without it; {@link swapValues} puts the average in their place and back.
 * State: the slot `average`, at first the parameters, and the optimizer's under `inner`.
 *
 * B. T. Polyak, A. B. Juditsky, "Acceleration of stochastic approximation by averaging", 1992; exponential, with the
 * first weights as its start and no correction for them.
 *
 * @throws {TypeError | RangeError} if an argument is invalid.
 * @example
 * const optimizer = averageWeights(adamw(), { decay: 0.99 });
 * const state = optimizer.init(trainable(net));
 * for await (const event of fit(net, data, { optimizer, state })) console.log(event);
 * swapValues(trainable(net), state.slots.average!); // evaluate, save, and perhaps swap back
 */
export function averageWeights(optimizer: Optimizer, options: AverageWeightsOptions = {}): Optimizer {
  const { decay = 0.999 } = checkOptions('averageWeights', options);
  if (typeof decay !== 'function') checkNumber('averageWeights', 'decay', decay, { least: 0, most: 1 });
  return around(optimizer, {
    name: 'averageWeights',
    slot: 'average',
    first: copiedSlot,
    update: (parameters, gradients, state, inner) => {
      const kept = typeof decay === 'function' ? decay(state.step) : decay;
      checkNumber('averageWeights', `decay(${state.step})`, kept, { least: 0, most: 1, remedy: 'Mend the schedule.' });
      optimizer.update(parameters, gradients, inner);
      for (const name of Object.keys(gradients)) {
        const [parameter, average] = [parameters[name] as Variable, inSlot(state, 'average', name)];
        average.assign(add(average, mul(sub(parameter, average), 1 - kept)));
      }
    },
  });
}
