import { add, mul, zerosLike } from '@tensorflow/tfjs-core';
import { checkNumber } from '../ops/arguments.ts';
import { hasKernel, runKernel } from '../ops/kernel.ts';
import { around } from './around.ts';
import { mapGradients } from './map-gradients.ts';
import type { Optimizer } from './optimizer.ts';
import { filledSlot, inSlot } from './slots.ts';
import { makeWritable } from './writable.ts';

/**
 * Updates once in `every` steps, with the mean of their gradients: as one batch that is so many times larger, up to
 * rounding, where the loss is a mean and the batches are of the same size. The optimizer within counts its own updates,
 * and its learning rate's schedule is one of these.
 *
 * A parameter is updated if the last of the steps has a gradient of it. Steps left over at the end of training wait in
 * the sum. State: the slot `sum`, and the optimizer's under `inner`.
 *
 * @throws {TypeError | RangeError} if `every` is no whole number of at least 1.
 * @example
 * fit(net, data, { optimizer: accumulate(adamw({ learningRate: 3e-4 }), 8), batchSize: 16 }); // as with batches of 128
 */
export function accumulate(optimizer: Optimizer, every: number): Optimizer {
  checkNumber('accumulate', 'every', every, { least: 1, whole: true });
  return around(optimizer, {
    name: 'accumulate',
    slot: 'sum',
    first: filledSlot,
    innerStep: (step) => Math.floor(step / every),
    update: (parameters, gradients, state, inner) => {
      if ((state.step + 1) % every === 0) {
        const means = mapGradients(gradients, (gradient, name) => add(inSlot(state, 'sum', name), mul(gradient, 1 / every)));
        optimizer.update(parameters, means, inner);
        for (const name of Object.keys(gradients)) inSlot(state, 'sum', name).assign(zerosLike(inSlot(state, 'sum', name)));
        return;
      }
      for (const [name, gradient] of Object.entries(gradients)) {
        const sum = inSlot(state, 'sum', name);
        if (hasKernel('XAccumulate')) {
          makeWritable(sum);
          runKernel('XAccumulate', { value: sum, addend: gradient }, { scale: 1 / every });
        } else sum.assign(add(sum, mul(gradient, 1 / every)));
      }
    },
  });
}
