import { add, slice, tidy } from '@tensorflow/tfjs-core';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkFunction, checkNumber, checkTensor } from '../ops/arguments.ts';
import { needGradients } from '../ops/kernel.ts';
import { checkKey } from '../random/key.ts';
import type { EmbeddingLayer, EmbeddingOptions } from './embedding.ts';
import { normal } from './initializer.ts';
import { disposeVariables, type Layer, type Shape } from './layer.ts';
import { makeVariables } from './make-variables.ts';

/** A {@link positionalEmbedding}. */
export interface PositionalEmbeddingLayer extends Layer {
  readonly kind: 'positionalEmbedding';
  readonly variables: EmbeddingLayer['variables'];
}

/**
 * Adds to each place of a sequence a learned row of its own: y[b, t] = x[b, t] + weight[t], weight [length, width].
 *
 * @param length The longest sequence; shorter ones take the first rows.
 * @throws {RangeError | TypeError} if a size or an option is invalid; nothing is allocated then.
 * @example
 * const layer = positionalEmbedding(64, 128, { key: random.key(0) });
 * layer.apply(tf.zeros([16, 64, 128])).shape; // => [16, 64, 128]
 */
export function positionalEmbedding(length: number, width: number, options: EmbeddingOptions): PositionalEmbeddingLayer {
  const where = 'positionalEmbedding';
  checkNumber(where, 'length', length, { least: 1, whole: true });
  checkNumber(where, 'width', width, { least: 1, whole: true });
  const { key, init = normal({ std: 1 }) } = checkOptions('positionalEmbedding', options ?? {});
  checkKey(where, key);
  checkFunction(where, 'init', init);
  const variables = makeVariables(where, key, { weight: { shape: [length, width], init, option: 'init' } });
  const outputShape = (shape: Shape): Shape => {
    const [, places = null, depth = null] = shape;
    if (shape.length !== 3 || (depth !== null && depth !== width) || (places ?? 1) > length)
      throw new RangeError(
        `${where}: the shape [${shape.map((size) => size ?? 'any').join(', ')}] must be [batch, at most ${length}, ${width}].`,
      );
    return shape;
  };
  return {
    kind: 'positionalEmbedding',
    variables,
    apply: (x) => {
      checkTensor(where, 'x', x, { dtype: 'float32' });
      outputShape(x.shape);
      needGradients();
      return tidy(() => {
        const places = x.shape[1] as number;
        return add(x, places === length ? variables.weight : slice(variables.weight, [0, 0], [places, width]));
      });
    },
    outputShape,
    dispose: () => disposeVariables(variables),
  };
}
