import { checkOptions } from '../ops/argument-kinds.ts';
import { checkNumber } from '../ops/arguments.ts';
import { groupNorm, type GroupNormOptions } from '../ops/group-norm.ts';
import { key } from '../random/key.ts';
import { ones, zeros } from './initializer.ts';
import { disposeVariables } from './layer.ts';
import type { NormLayer } from './layer-norm.ts';
import { makeVariables } from './make-variables.ts';
import { mapLastAxis } from './shape.ts';

/** A {@link groupNormLayer}. */
export interface GroupNormLayer extends NormLayer<'groupNorm'> {
  readonly groups: number;
}

/**
 * {@link groupNorm} as a layer, channels last, with the variables gamma [channels], first 1, and beta [channels], first 0.
 *
 * @throws {RangeError} if the groups don't divide the channels, or a number is invalid.
 * @example
 * groupNormLayer(64, { groups: 8 }).apply(tf.zeros([2, 8, 8, 64])).shape; // => [2, 8, 8, 64]
 */
export function groupNormLayer(channels: number, options: GroupNormOptions = {}): GroupNormLayer {
  const { groups = 32, epsilon = 1e-5 } = checkOptions('groupNormLayer', options);
  const where = 'groupNormLayer';
  checkNumber(where, 'channels', channels, { least: 1, whole: true });
  checkNumber(where, 'groups', groups, { least: 1, whole: true });
  if (channels % groups !== 0) throw new RangeError(`${where}: groups is ${groups}, but must divide the ${channels} channels.`);
  checkNumber(where, 'epsilon', epsilon, { least: 0 });
  const variables = makeVariables(where, key(0), {
    gamma: { shape: [channels], init: ones() },
    beta: { shape: [channels], init: zeros() },
  });
  return {
    kind: 'groupNorm',
    groups,
    epsilon,
    variables,
    apply: (x) => groupNorm(x, variables.gamma, variables.beta, { groups, epsilon }),
    outputShape: (shape) => mapLastAxis(where, shape, channels, channels),
    dispose: () => disposeVariables(variables),
  };
}
