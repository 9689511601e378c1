import type { Tensor } from '@tensorflow/tfjs-core';
import { activation, type ActivationName } from '@x/tensor';
import { checkOptions } from '@x/tensor/arguments';
import { activationScales } from './activation-scales.ts';
import { constrained, type ScaleConstraint } from './constraint.ts';
import { scaled } from './scaled.ts';

export interface UnitActivationOptions {
  /** Of `leakyRelu` below 0. Default 0.01. */
  readonly slope?: number;
  /** Default `mean`. */
  readonly constraint?: ScaleConstraint;
}

/**
 * An activation times what makes its value and its gradient of unit size; see {@link activationScales}.
 *
 * @throws {TypeError | RangeError} if x is no float32 tensor, or the name or the constraint is unknown.
 */
export function unitActivation(x: Tensor, name: ActivationName, options: UnitActivationOptions = {}): Tensor {
  const { slope, constraint = 'mean' } = checkOptions('unitActivation', options);
  const shape = slope === undefined ? {} : { slope };
  const own = activationScales(name, shape);
  const [forward, backward] = constrained('unitActivation', own.forward, own.backward, constraint);
  return scaled(activation(scaled(x, { backward }), name, shape), { forward });
}
