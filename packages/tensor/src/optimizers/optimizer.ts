import { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { NamedVariables } from '../layers/layer.ts';
import { checkTensor, describe } from '../ops/arguments.ts';

/** Gradients by the names of the parameters they belong to. A parameter without one is left as it is. */
export type Gradients = Readonly<Record<string, Tensor>>;

/**
 * All that an optimizer remembers, in the open: so it can be saved, restored, averaged, or changed for part of a
 * parameter. `slots` has for each kind of memory (such as `momentum`) one variable a parameter, of its shape.
 */
export interface OptimizerState {
  /** Updates done. */
  step: number;
  readonly slots: Readonly<Record<string, NamedVariables>>;
  /** States of the parts, such as those of a {@link chain}, whose slots `slots` shows under `part.slot`. */
  readonly parts?: readonly OptimizerState[];
}

/** Changes parameters by their gradients. It holds nothing itself: one optimizer may serve many networks. */
export interface Optimizer {
  /** The state before the first update. */
  init(parameters: NamedVariables): OptimizerState;
  /** Does one update: changes the parameters and the state in place. Tensors made from a parameter earlier keep its old values. */
  update(parameters: NamedVariables, gradients: Gradients, state: OptimizerState): void;
}

/** Changes gradients before an optimizer uses them; see {@link chain}. */
export interface GradientTransform {
  /** The state before the first update. */
  init(parameters: NamedVariables): OptimizerState;
  /** The gradients to use instead, new tensors or the given ones; may change the state's slots, not its step. */
  transform(gradients: Gradients, state: OptimizerState, parameters: NamedVariables): Gradients;
}

/** The state of what remembers nothing. */
export function stateless(): OptimizerState {
  return { step: 0, slots: {} };
}

/** Disposes a state's variables; may be called again. */
export function disposeState(state: OptimizerState): void {
  for (const slot of Object.values(state.slots)) for (const variable of Object.values(slot)) if (!variable.isDisposed) variable.dispose();
}

/** @throws {TypeError | Error} unless all are live float32 variables. */
export function checkParameters(where: string, parameters: unknown): void {
  if (typeof parameters !== 'object' || parameters === null || parameters instanceof Tensor)
    throw new TypeError(
      `${where}: parameters is ${describe(parameters)}, but must be an object of variables by name, such as net.variables.`,
    );
  for (const [name, variable] of Object.entries(parameters)) {
    if (!(variable instanceof Variable))
      throw new TypeError(`${where}: parameters['${name}'] is ${describe(variable)}, but must be a variable; make one with tf.variable().`);
    checkTensor(where, `parameters['${name}']`, variable, {
      dtype: 'float32',
      remedy: 'Only float32 variables can be trained; leave out the others.',
    });
  }
}

/** @throws {TypeError | RangeError | Error} unless every gradient belongs to a parameter and has its shape. */
export function checkGradients(where: string, gradients: Gradients, parameters: NamedVariables): void {
  for (const name of Object.keys(gradients)) {
    const parameter = parameters[name];
    if (!parameter)
      throw new RangeError(
        `${where}: gradients['${name}'] belongs to no parameter; the parameters are ${Object.keys(parameters).join(', ')}.`,
      );
    const remedy = 'A gradient has the shape and dtype of its parameter.';
    checkTensor(where, `gradients['${name}']`, gradients[name], { dtype: 'float32', shape: parameter.shape, remedy });
  }
}
