import { clone, tidy, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { describe } from '../ops/arguments.ts';
import { fold } from '../random/key.ts';
import type { ApplyContext, Layer, NamedVariables } from './layer.ts';

/** A {@link sequential} network. */
export interface SequentialLayer extends Layer {
  readonly kind: 'sequential';
  readonly layers: readonly Layer[];
}

/**
 * Layers one after another. Its variables are those of its layers under `index.name`, such as `0.weight`.
 *
 * @throws {TypeError} if an element is no layer.
 * @example
 * const [first, second] = random.split(random.key(0), 2);
 * const net = sequential([dense(784, 128, { activation: 'relu', key: first }), dense(128, 10, { key: second })]);
 * Object.keys(net.variables); // => ['0.weight', '0.bias', '1.weight', '1.bias']
 */
export function sequential(layers: readonly Layer[]): SequentialLayer {
  if (!Array.isArray(layers)) throw new TypeError(`sequential: layers is ${describe(layers)}, but must be an array of layers.`);
  layers.forEach((layer: Layer, index) => {
    if (typeof layer?.apply !== 'function' || typeof layer.variables !== 'object')
      throw new TypeError(`sequential: layers[${index}] is ${describe(layer)}, but must be a layer, an object with variables and apply.`);
  });
  const own = [...layers] as readonly Layer[];
  const variables: NamedVariables = Object.fromEntries(
    own.flatMap((layer, index) =>
      Object.entries(layer.variables).map(([name, variable]): [string, Variable] => [`${index}.${name}`, variable]),
    ),
  );
  return {
    kind: 'sequential',
    layers: own,
    variables,
    apply: (x, context = {}) =>
      tidy(() => {
        let values: Tensor = x;
        own.forEach((layer, index) => {
          const next = layer.apply(values, ofPart(context, index));
          // Not left to the end of the tidy: a deep network holds two activations, not all.
          if (values !== x && values !== next) values.dispose();
          values = next;
        });
        return values === x ? clone(x) : values;
      }),
    outputShape: (shape) => own.reduce((sizes, layer) => layer.outputShape(sizes), shape),
    dispose: () => {
      for (const layer of own) layer.dispose();
    },
  };
}

/** The context with a key of the part's own. */
function ofPart(context: ApplyContext, index: number): ApplyContext {
  return context.key ? { ...context, key: fold(context.key, index) } : context;
}
