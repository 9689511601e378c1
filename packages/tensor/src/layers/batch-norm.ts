import { add, mul, rsqrt, sub, tidy, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkNumber, checkTensor } from '../ops/arguments.ts';
import { batchNorm } from '../ops/batch-norm.ts';
import { needGradients } from '../ops/kernel.ts';
import type { NormOptions } from '../ops/layer-norm.ts';
import { key } from '../random/key.ts';
import { ones, zeros } from './initializer.ts';
import { disposeVariables, type Layer } from './layer.ts';
import { makeVariables } from './make-variables.ts';
import { mapLastAxis } from './shape.ts';

export interface BatchNormOptions extends NormOptions {
  /** Part of the running statistics that is kept at each training step; PyTorch's momentum is 1 less this. Default 0.9. */
  readonly decay?: number;
}

/** A {@link batchNormLayer}. */
export interface BatchNormLayer extends Layer {
  readonly kind: 'batchNorm';
  readonly epsilon: number;
  readonly variables: { readonly gamma: Variable; readonly beta: Variable; readonly mean: Variable; readonly variance: Variable };
}

/**
 * Batch normalization: in training by the batch's own statistics ({@link batchNorm}), which move the running ones;
 * else by the running ones: y = (x - mean) / sqrt(variance + epsilon) · gamma + beta.
 *
 * Variables of [channels]: gamma, first 1; beta, first 0; and, not trainable, mean, first 0, and variance, first 1. The
 * running variance takes the unbiased one of the batch, as PyTorch's does and TensorFlow's doesn't.
 *
 * @throws {RangeError} if a number is invalid; in training, if there are not at least two values of each channel.
 * @example
 * const layer = batchNormLayer(16);
 * layer.apply(images, { training: true }); // moves layer.variables.mean and .variance
 *
 * S. Ioffe, C. Szegedy, "Batch Normalization", 2015, arXiv 1502.03167.
 */
export function batchNormLayer(channels: number, options: BatchNormOptions = {}): BatchNormLayer {
  const { epsilon = 1e-5, decay = 0.9 } = checkOptions('batchNormLayer', options);
  const where = 'batchNormLayer';
  checkNumber(where, 'channels', channels, { least: 1, whole: true });
  checkNumber(where, 'epsilon', epsilon, { least: 0 });
  checkNumber(where, 'decay', decay, { least: 0, most: 1 });
  const variables = makeVariables(where, key(0), {
    gamma: { shape: [channels], init: ones() },
    beta: { shape: [channels], init: zeros() },
    mean: { shape: [channels], init: zeros(), trainable: false },
    variance: { shape: [channels], init: ones(), trainable: false },
  });
  const { gamma, beta, mean, variance } = variables;
  const outputShape: Layer['outputShape'] = (shape) => mapLastAxis(where, shape, channels, channels);
  return {
    kind: 'batchNorm',
    epsilon,
    variables,
    apply: (x, { training = false, recomputing = false } = {}) => {
      checkTensor(where, 'x', x, { dtype: 'float32', leastRank: 2 });
      outputShape(x.shape);
      const count = x.size / channels;
      if (training && count < 2)
        throw new RangeError(`${where}: x is float32[${x.shape.join(', ')}], but in training each channel needs at least two values.`);
      needGradients();
      return tidy(() => {
        if (!training) return add(mul(sub(x, mean), mul(rsqrt(add(variance, epsilon)), gamma)), beta);
        const batch = batchNorm(x, gamma, beta, { epsilon });
        if (!recomputing) {
          move(mean, batch.mean, 1 - decay);
          move(variance, mul(batch.variance, count / (count - 1)), 1 - decay);
        }
        return batch.y;
      });
    },
    outputShape,
    dispose: () => disposeVariables(variables),
  };
}

function move(running: Variable, towards: Tensor, part: number): void {
  running.assign(add(running, mul(sub(towards, running), part)));
}
