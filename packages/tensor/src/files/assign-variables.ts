import type { Tensor } from '@tensorflow/tfjs-core';
import type { NamedVariables } from '../layers/layer.ts';
import { checkTensor } from '../ops/arguments.ts';

/**
 * Gives variables the values of the tensors of the same names, such as those that {@link loadSafetensors} read.
 *
 * @throws {RangeError | TypeError | Error} if a name is missing on either side, a shape or dtype differs, or a variable is disposed; nothing is
 * changed then.
 * @example
 * const { tensors } = await loadSafetensors('model.safetensors');
 * assignVariables(net.variables, tensors);
 * tf.dispose(tensors);
 */
export function assignVariables(variables: NamedVariables, tensors: Readonly<Record<string, Tensor>>): void {
  checkAssignable('assignVariables', 'tensors', variables, tensors);
  for (const [name, variable] of Object.entries(variables)) variable.assign(tensors[name] as Tensor);
}

/** @throws {RangeError | TypeError} unless variables and tensors have the same names, shapes and dtypes. */
export function checkAssignable(
  where: string,
  argument: string,
  variables: NamedVariables,
  tensors: Readonly<Record<string, Tensor>>,
): void {
  const remedy = 'The network must be made as it was when it was saved.';
  const missing = Object.keys(variables).filter((name) => !Object.hasOwn(tensors, name));
  const unknown = Object.keys(tensors).filter((name) => !Object.hasOwn(variables, name));
  if (missing.length > 0 || unknown.length > 0)
    throw new RangeError(
      `${where}: ${[
        ...(missing.length > 0 ? [`no tensor for the variables ${missing.join(', ')}`] : []),
        ...(unknown.length > 0 ? [`no variable for the tensors ${unknown.join(', ')}`] : []),
      ].join('; ')} among the ${argument}. ${remedy}`,
    );
  for (const [name, variable] of Object.entries(variables)) {
    checkTensor(where, `variables['${name}']`, variable);
    checkTensor(where, `${argument}['${name}']`, tensors[name], { dtype: variable.dtype, shape: variable.shape, remedy });
  }
}
