import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Optimizer } from '@x/tensor';
import { checkOptions } from '@x/tensor/arguments';
import { checkNumber, show } from '../validation.ts';
import { knownFinite } from './cast-tensor.ts';
import type { MixedPrecisionNetwork } from './mixed-precision.ts';

/** What became of a step. */
export interface LossScalingEvent {
  readonly step: number;
  /** Whether the step was skipped, because a gradient was infinite or NaN. */
  readonly skipped: boolean;
  /** The scale from now on. */
  readonly lossScale: number;
}

export interface LossScalingOptions {
  /** What the scale is multiplied by after `interval` steps without overflow; 1 keeps it (static scaling). Default 2. */
  readonly growth?: number;
  /** What it is multiplied by after an overflow. Default 0.5. */
  readonly backoff?: number;
  /** Steps in a row without overflow before it grows. Default 2000. */
  readonly interval?: number;
  /** Largest scale. Default 2^24. */
  readonly most?: number;
  /** Told about each step. */
  readonly onStep?: (event: LossScalingEvent) => void;
}

/**
 * An optimizer that skips steps whose gradients overflowed and adapts the network's loss scale: less after an overflow, more
 * after a while without.
 *
 * State: that of the optimizer, and a slot `lossScaling` with `goodSteps`, how many steps in a row were fine.
 *
 * @throws {TypeError | RangeError} if the network is none of mixed precision, or an option is out of range.
 *
 * P. Micikevicius et al., 2017, arXiv 1710.03740; defaults as PyTorch's GradScaler.
 */
export function withLossScaling(net: MixedPrecisionNetwork, optimizer: Optimizer, options: LossScalingOptions = {}): Optimizer {
  checkOptions('withLossScaling', options);
  const where = 'withLossScaling';
  const { growth = 2, backoff = 0.5, interval = 2000, most = 2 ** 24, onStep } = options;
  if (net?.kind !== 'mixedPrecision') throw new TypeError(`${where}: net is ${show(net)}, but must be what mixedPrecision() made.`);
  if (typeof optimizer?.update !== 'function')
    throw new TypeError(`${where}: optimizer is ${show(optimizer)}, but must be an optimizer, such as adam().`);
  checkNumber(where, 'growth', growth, { least: 1 });
  checkNumber(where, 'backoff', backoff, { above: 0, most: 1 });
  checkNumber(where, 'interval', interval, { least: 1, whole: true });
  checkNumber(where, 'most', most, { above: 0 });
  return {
    init: (parameters) => {
      const state = optimizer.init(parameters);
      const goodSteps = tf.tidy(() => tf.variable(tf.scalar(0), false));
      return { ...state, slots: { ...state.slots, lossScaling: { goodSteps } } };
    },
    update: (parameters, gradients, state) => {
      const goodSteps = state.slots['lossScaling']?.['goodSteps'];
      if (!goodSteps || goodSteps.isDisposed)
        throw new TypeError(`${where}.update: state has no slot lossScaling; use what its init(parameters) returned.`);
      const finite = Object.values(gradients).every(isFiniteThroughout);
      const scale = net.lossScale.dataSync()[0] as number;
      const { lossScaling: _, ...slots } = state.slots;
      const set = (good: number, next: number): void =>
        tf.tidy(() => {
          goodSteps.assign(tf.scalar(good));
          if (next !== scale) net.lossScale.assign(tf.scalar(next));
          onStep?.({ step: state.step, skipped: !finite, lossScale: next });
        });
      if (!finite) {
        set(0, scale * backoff);
        state.step++;
        return;
      }
      const inner = { ...state, slots };
      optimizer.update(parameters, gradients, inner);
      state.step = inner.step;
      const good = (goodSteps.dataSync()[0] as number) + 1;
      if (good >= interval) set(0, Math.min(scale * growth, Math.max(most, scale)));
      else set(good, scale);
    },
  };
}

/** Whether no number is infinite or NaN: a sum with one in it is one itself. */
function isFiniteThroughout(gradient: Tensor): boolean {
  return knownFinite.has(gradient) || tf.tidy(() => Number.isFinite(tf.sum(gradient).dataSync()[0]));
}
