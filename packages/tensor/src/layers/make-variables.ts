import { engine, tidy, variable, type Variable } from '@tensorflow/tfjs-core';
import { checkTensor } from '../ops/arguments.ts';
import { fold, type Key } from '../random/key.ts';
import type { Initializer } from './initializer.ts';

/** A variable to be made: its shape, and what draws its first values; left out where the layer has none. */
export interface Blueprint {
  readonly shape: readonly number[];
  readonly init: Initializer;
  /** The option that `init` came from, for errors. */
  readonly option?: string;
  /** Default true. */
  readonly trainable?: boolean;
}

/**
 * Makes a layer's variables, each drawn with a key of its own; if one can't be made, none is.
 *
 * @throws {TypeError | RangeError} if an initializer gives another shape or dtype.
 * @throws {Error} if tfjs has no backend yet.
 */
export function makeVariables<Name extends string>(
  where: string,
  key: Key,
  blueprints: Readonly<Record<Name, Blueprint | undefined>>,
): Record<Name, Variable> {
  if (Object.keys(engine().registryFactory).length === 0)
    throw new Error(`${where}: tfjs has no backend to make variables on. Call \`await enable()\` once, before the first layer.`);
  return tidy(() => {
    const wanted = Object.entries(blueprints) as [Name, Blueprint | undefined][];
    const tensors = wanted.flatMap(([name, blueprint], index) => {
      if (!blueprint) return [];
      const { shape, init, option = name, trainable = true } = blueprint;
      const value = init(shape, fold(key, index));
      checkTensor(where, `the result of ${option}`, value, { dtype: 'float32', shape, remedy: 'It must have the shape it is given.' });
      return [{ name, value, trainable }];
    });
    return Object.fromEntries(tensors.map(({ name, value, trainable }) => [name, variable(value, trainable)])) as Record<Name, Variable>;
  });
}
