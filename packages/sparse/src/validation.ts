import type { ActivationName } from '@x/tensor';
import { checkChoice, checkNumber } from '@x/tensor/arguments';

export {
  checkArray,
  checkChoice,
  checkFunction,
  checkNumber,
  checkObject,
  checkShape,
  checkTensor,
  describe as show,
} from '@x/tensor/arguments';

/** @throws {RangeError} unless the value is a part of a whole. */
export function checkFraction(where: string, name: string, value: unknown): void {
  checkNumber(where, name, value, { least: 0, most: 1, remedy: 'It is a part of the whole, such as 0.1.' });
}

/** Every name, or the compiler complains. */
const activations: Readonly<Record<ActivationName, true>> = {
  ...{ linear: true, relu: true, relu6: true, leakyRelu: true, elu: true, selu: true },
  ...{ sigmoid: true, tanh: true, softplus: true, gelu: true, geluTanh: true, silu: true },
};

/** @throws {RangeError} unless there is an activation of this name. */
export function checkActivation(where: string, activation: unknown): void {
  checkChoice(where, 'activation', activation, Object.keys(activations));
}
