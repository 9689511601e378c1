import { add, mul, sub, type Variable } from '@tensorflow/tfjs-core';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkNumber } from '../ops/arguments.ts';
import { around } from './around.ts';
import type { Optimizer } from './optimizer.ts';
import { copiedSlot, inSlot } from './slots.ts';

export interface LookaheadOptions {
  /** Updates of the optimizer within between two of the slow weights. Default 5. */
  readonly every?: number;
  /** How far the slow weights go towards the fast ones. Default 0.5. */
  readonly rate?: number;
}

/**
 * Lets an optimizer run ahead for some steps, then goes a part of its way: slow = slow + rate (p - slow), p = slow.
 *
 * State: the slot `slow`, at first the parameters, and the optimizer's under `inner`, which is not reset.
 *
 * M. Zhang, J. Lucas, G. Hinton, J. Ba, "Lookahead Optimizer: k steps forward, 1 step back", 2019, arXiv 1907.08610.
 *
 * @throws {TypeError | RangeError} if an argument is invalid.
 */
export function lookahead(optimizer: Optimizer, options: LookaheadOptions = {}): Optimizer {
  const { every = 5, rate = 0.5 } = checkOptions('lookahead', options);
  checkNumber('lookahead', 'every', every, { least: 1, whole: true });
  checkNumber('lookahead', 'rate', rate, { above: 0, most: 1 });
  return around(optimizer, {
    name: 'lookahead',
    slot: 'slow',
    first: copiedSlot,
    update: (parameters, gradients, state, inner) => {
      optimizer.update(parameters, gradients, inner);
      if ((state.step + 1) % every !== 0) return;
      for (const name of Object.keys(gradients)) {
        const [fast, slow] = [parameters[name] as Variable, inSlot(state, 'slow', name)];
        slow.assign(add(slow, mul(sub(fast, slow), rate)));
        fast.assign(mul(slow, 1));
      }
    },
  });
}
