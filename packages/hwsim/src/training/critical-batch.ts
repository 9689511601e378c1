import { requireFunction, requireList, requireNumber, requireObject } from '../validation.ts';

/**
 * Steps and samples to a given loss by the critical-batch model: steps(B) = Sₘᵢₙ(1 + B_crit / B), samples = steps · B.
 * "An Empirical Model of Large-Batch Training" (2018, arXiv 1812.06162).
 *
 * @param options.leastSteps Sₘᵢₙ, with endless batches
 * @param options.criticalBatch B_crit, where twice the least steps and twice the least samples are needed
 * @example stepsToTarget({ batch: 4096, leastSteps: 1000, criticalBatch: 4096 }) // { steps: 2000, samples: 8192000 }
 */
export function stepsToTarget(options: { batch: number; leastSteps: number; criticalBatch: number }): { steps: number; samples: number } {
  const { batch, leastSteps, criticalBatch } = requireObject('options', options);
  requireNumber('batch', batch, 0, true);
  requireNumber('leastSteps', leastSteps, 0, true);
  requireNumber('criticalBatch', criticalBatch);
  const steps = leastSteps * (1 + criticalBatch / batch);
  return { steps, samples: steps * batch };
}

/**
 * Time and energy to the target over batch sizes, from what a step of each costs.
 *
 * @param step seconds and joules of a step at a batch size (`simulate` of that batch)
 * @returns one line a batch size
 */
export function batchSweep(
  batches: readonly number[],
  model: { leastSteps: number; criticalBatch: number },
  step: (batch: number) => { readonly seconds: number; readonly joules: number },
): { batch: number; steps: number; samples: number; seconds: number; joules: number }[] {
  requireFunction('step', step);
  requireObject('model', model);
  return requireList('batches', batches).map((batch) => {
    const { steps, samples } = stepsToTarget({ batch, ...model });
    const { seconds, joules } = step(batch);
    return { batch, steps, samples, seconds: steps * seconds, joules: steps * joules };
  });
}
