import { add, mul, tidy, type Variable } from '@tensorflow/tfjs-core';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkFunction, checkNumber } from '../ops/arguments.ts';
import { mapGradients } from './map-gradients.ts';
import { stateless, type GradientTransform } from './optimizer.ts';

export interface AddWeightDecayOptions {
  /** Which parameters decay, by name and value. Default all; `(name, { rank }) => rank > 1` leaves out biases and gains. */
  readonly of?: (name: string, parameter: Variable) => boolean;
}

/**
 * Adds to each gradient its parameter times the rate: g + rate · p, the gradient of the penalty rate/2 · |p|².
 *
 * Before a transform or optimizer that scales gradients one by one, such as adam, this is not the decoupled decay of adamw.
 *
 * @throws {RangeError | TypeError} if the rate is negative or `of` no function.
 */
export function addWeightDecay(rate: number, options: AddWeightDecayOptions = {}): GradientTransform {
  const { of = () => true } = checkOptions('addWeightDecay', options);
  checkNumber('addWeightDecay', 'rate', rate, { least: 0 });
  checkFunction('addWeightDecay', 'of', of);
  return {
    init: stateless,
    transform: (gradients, _state, parameters) =>
      tidy(() =>
        mapGradients(gradients, (gradient, name) => {
          const parameter = parameters[name] as Variable;
          return of(name, parameter) ? add(gradient, mul(parameter, rate)) : gradient;
        }),
      ),
  };
}
