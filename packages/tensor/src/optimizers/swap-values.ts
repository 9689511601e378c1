import { mul, tidy, type Variable } from '@tensorflow/tfjs-core';
import type { NamedVariables } from '../layers/layer.ts';
import { checkTensor } from '../ops/arguments.ts';

/**
 * Exchanges the values of variables with those of the same names elsewhere, such as the slot of {@link averageWeights}.
 *
 * @throws {RangeError | TypeError | Error} if `others` lacks a name or a shape differs; nothing is changed then.
 * @example
 * swapValues(trainable(net), state.slots.average!);
 */
export function swapValues(variables: NamedVariables, others: NamedVariables): void {
  for (const [name, one] of Object.entries(variables)) {
    if (!Object.hasOwn(others, name))
      throw new RangeError(`swapValues: others has no '${name}'; it has ${Object.keys(others).join(', ') || 'nothing'}.`);
    checkTensor('swapValues', `variables['${name}']`, one);
    checkTensor('swapValues', `others['${name}']`, others[name], {
      dtype: one.dtype,
      shape: one.shape,
      remedy: 'Use the slot of these variables.',
    });
  }
  tidy(() => {
    for (const [name, one] of Object.entries(variables)) {
      const other = others[name] as Variable;
      const [ofOne, ofOther] = [mul(one, 1), mul(other, 1)];
      one.assign(ofOther);
      other.assign(ofOne);
    }
  });
}
