import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkNumber, describe } from '../ops/arguments.ts';
import { fold, key } from '../random/key.ts';
import type { Layer, Shape } from './layer.ts';
import { checkPart } from './parts.ts';

/** What is used of the layers of tfjs: the namespace of `@tensorflow/tfjs-layers`, or of `@tensorflow/tfjs`. */
export interface TfjsLayers<Base extends TfjsLayer> {
  readonly layers: { readonly Layer: abstract new (options: never) => Base };
  readonly initializers: { zeros(): unknown };
}

/** What is used of a tfjs layer. */
export interface TfjsLayer {
  build(shape: never): void;
  call(inputs: never, options: never): unknown;
  computeOutputShape(shape: never): unknown;
}

export interface ToTfjsLayerOptions {
  /** Of layers that draw random numbers in training, which get another key at each call. Default 0. */
  readonly seed?: number;
  /** The layer's name in the model. Default tfjs's choice. */
  readonly name?: string;
  /** As other layers of tfjs take it, for the first of a model; without the batch. */
  readonly inputShape?: readonly (number | null)[];
  /** Of the input, for the first layer of a model: `int32` for an embedding. Default `float32`. */
  readonly dtype?: 'float32' | 'int32';
}

/** Parts of tfjs's Layer that its types keep to themselves. */
interface Inside {
  addWeight(
    name: string,
    shape: number[],
    dtype: string,
    initializer: unknown,
    regularizer: undefined,
    trainable: boolean,
  ): { val: Variable };
  built: boolean;
}

/**
 * A layer of ours as one of tfjs's, to stand in a `LayersModel`: `model.add`, `layer.apply(symbolic)`, `model.fit` and
 * `model.predict` take it.
 *
 * Both share the same variables, so the model trains ours. tfjs can't write it into a model file, since it is made by
 * code: save its variables with `saveSafetensors`. What it adds to the loss by the context's `addLoss` is left out.
 *
 * @param tfjs The namespace that the model is made with. It is an argument rather than an import, because a second copy
 *   of tfjs's layers would not know the first one's classes, and who has no `LayersModel` needs none.
 * @throws {TypeError} if an argument is something else.
 * @example
 * import * as tfl from '@tensorflow/tfjs-layers';
 * const model = tfl.sequential();
 * model.add(toTfjsLayer(tfl, conv2d(1, 8, 3, { key }), { inputShape: [28, 28, 1] }));
 */
export function toTfjsLayer<Base extends TfjsLayer>(tfjs: TfjsLayers<Base>, layer: Layer, options: ToTfjsLayerOptions = {}): Base {
  const { seed = 0, name, inputShape, dtype } = checkOptions('toTfjsLayer', options);
  const where = 'toTfjsLayer';
  if (typeof tfjs?.layers?.Layer !== 'function' || typeof tfjs.initializers?.zeros !== 'function')
    throw new TypeError(`${where}: tfjs is ${describe(tfjs)}, but must be the namespace of @tensorflow/tfjs-layers or @tensorflow/tfjs.`);
  checkPart(where, 'layer', layer);
  checkNumber(where, 'seed', seed, { least: 0, most: Number.MAX_SAFE_INTEGER, whole: true });
  const drawn = key(seed);
  let calls = 0;
  class Adapter extends (tfjs.layers.Layer as unknown as new (options: object) => TfjsLayer & Inside) {
    static readonly className = 'XLayer';

    override build(): void {
      const zeros = tfjs.initializers.zeros();
      for (const [own, variable] of Object.entries(layer.variables)) {
        // tfjs has no way to take a variable that exists: it makes one, which ours replaces.
        const weight = this.addWeight(own, variable.shape, variable.dtype, zeros, undefined, variable.trainable);
        weight.val.dispose();
        weight.val = variable;
      }
      this.built = true;
    }

    override call(inputs: Tensor | Tensor[], { training = false }: { training?: boolean } = {}): Tensor {
      const x = Array.isArray(inputs) ? inputs[0] : inputs;
      return layer.apply(x as Tensor, training ? { training, key: fold(drawn, calls++) } : {});
    }

    override computeOutputShape(shape: Shape | Shape[]): Shape {
      return layer.outputShape((Array.isArray(shape[0]) ? shape[0] : shape) as Shape);
    }

    getConfig(): never {
      throw new Error(`${where}: tfjs can't save a ${layer.kind} layer of ours; save the model's variables with saveSafetensors().`);
    }
  }
  const given = {
    ...(name === undefined ? {} : { name }),
    ...(inputShape === undefined ? {} : { inputShape: [...inputShape] }),
    ...(dtype ? { dtype } : {}),
  };
  return new Adapter(given) as unknown as Base;
}
