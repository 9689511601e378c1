import { clone, Variable, type Tensor } from '@tensorflow/tfjs-core';
import { checkTensor, describe } from '../ops/arguments.ts';
import { needGradients } from '../ops/kernel.ts';
import type { Layer, NamedVariables, Shape } from './layer.ts';

/** What is used of a tfjs `LayersModel`; its package is not needed here. */
export interface LayersModelLike {
  readonly inputs: readonly { readonly shape: Shape }[];
  readonly outputs: readonly { readonly shape: Shape }[];
  readonly weights: readonly { readonly name: string; read(): Tensor }[];
  apply(x: Tensor, options?: object): unknown;
  dispose(): unknown;
}

/**
 * A tfjs `LayersModel` as a layer of ours: `fit`, `evaluate`, `trainStep` and `saveSafetensors` take it, alone or in a container.
 *
 * Its variables are the model's own, under their names there, such as `dense_Dense1/kernel`; those of layers that are
 * frozen stay so. Layers of it that draw random numbers draw their own, not from the context's key, so it can't be
 * recomputed bit for bit.
 *
 * @param model With one input and one output.
 * @throws {TypeError | RangeError} if it is no such model.
 * @example
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 10, inputShape: [784] })] });
 * for await (const event of fit(fromLayersModel(model), { x, y }, { optimizer: adamw() })) console.log(event);
 */
export function fromLayersModel(model: LayersModelLike): Layer {
  const where = 'fromLayersModel';
  if (typeof model?.apply !== 'function' || !Array.isArray(model.weights))
    throw new TypeError(`${where}: model is ${describe(model)}, but must be a tfjs LayersModel, such as tf.sequential() makes.`);
  const { inputs, outputs } = model;
  if (inputs?.length !== 1 || outputs?.length !== 1)
    throw new RangeError(
      `${where}: the model has ${inputs?.length} inputs and ${outputs?.length} outputs, but must have one of each, and be built.`,
    );
  const variables: NamedVariables = Object.fromEntries(
    model.weights.map((weight): [string, Variable] => {
      const value = weight.read();
      if (!(value instanceof Variable))
        throw new TypeError(
          `${where}: the weight '${weight.name}' is of another copy of tfjs-core; install one version for both packages.`,
        );
      return [weight.name, value];
    }),
  );
  return {
    kind: 'layersModel',
    variables,
    apply: (x, { training = false } = {}) => {
      checkTensor(where, 'x', x);
      needGradients();
      const y = model.apply(x, { training }) as Tensor;
      return y === x ? clone(y) : y;
    },
    outputShape: (shape) => {
      const [wanted, given] = [(inputs[0] as { shape: Shape }).shape, (outputs[0] as { shape: Shape }).shape];
      if (shape.length !== wanted.length || wanted.some((size, axis) => size !== null && shape[axis] !== null && size !== shape[axis]))
        throw new RangeError(
          `${where}: the shape [${shape.map((size) => size ?? 'any').join(', ')}] must be [${wanted.map((size) => size ?? 'any').join(', ')}], as the model was made.`,
        );
      return [shape[0] ?? null, ...given.slice(1)];
    },
    dispose: () => {
      if (Object.values(variables).some(({ isDisposed }) => !isDisposed)) model.dispose();
    },
  };
}
