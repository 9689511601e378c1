import { activation, type ActivationOptions } from '../ops/activation.ts';
import { activationNames, SLOPE, type ActivationName } from '../ops/activation-name.ts';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkChoice, checkNumber } from '../ops/arguments.ts';
import type { Layer } from './layer.ts';

/** An {@link activationLayer}. */
export interface ActivationLayer extends Layer {
  readonly kind: 'activation';
  readonly activation: ActivationName;
  /** Of `leakyRelu` below 0. */
  readonly slope: number;
}

/**
 * An activation as a layer of its own, for where it follows something other than {@link dense}.
 *
 * @throws {RangeError} if the name is unknown.
 */
export function activationLayer(name: ActivationName, options: ActivationOptions = {}): ActivationLayer {
  const { slope = SLOPE } = checkOptions('activationLayer', options);
  checkChoice('activationLayer', 'name', name, activationNames);
  checkNumber('activationLayer', 'slope', slope);
  return {
    kind: 'activation',
    activation: name,
    slope,
    variables: {},
    apply: (x) => activation(x, name, { slope }),
    outputShape: (shape) => shape,
    dispose: () => {},
  };
}
