import { checkOptions } from '../ops/argument-kinds.ts';
import { checkFunction, checkNumber } from '../ops/arguments.ts';
import { embedding } from '../ops/embedding.ts';
import type { Variable } from '@tensorflow/tfjs-core';
import { checkKey, type Key } from '../random/key.ts';
import { normal, type Initializer } from './initializer.ts';
import { disposeVariables, type Layer } from './layer.ts';
import { makeVariables } from './make-variables.ts';

export interface EmbeddingOptions {
  /** Draws the table; required, so that no two layers begin alike by accident. */
  readonly key: Key;
  /** First values of the table. Default normal with standard deviation 1, as PyTorch's. */
  readonly init?: Initializer;
}

/** An {@link embeddingLayer}. */
export interface EmbeddingLayer extends Layer {
  readonly kind: 'embedding';
  readonly variables: { readonly weight: Variable };
}

/**
 * A row of a table for each number: int32 [...] to float32 [..., width], the table `weight` [rows, width].
 *
 * @param rows How many different numbers there are, such as words of a vocabulary.
 * @throws {RangeError | TypeError} if a size or an option is invalid; nothing is allocated then.
 * @example
 * const layer = embeddingLayer(65, 128, { key: random.key(0) });
 * layer.apply(tf.zeros([16, 64], 'int32')).shape; // => [16, 64, 128]
 */
export function embeddingLayer(rows: number, width: number, options: EmbeddingOptions): EmbeddingLayer {
  const where = 'embeddingLayer';
  checkNumber(where, 'rows', rows, { least: 1, whole: true });
  checkNumber(where, 'width', width, { least: 1, whole: true });
  const { key, init = normal({ std: 1 }) } = checkOptions('embeddingLayer', options ?? {});
  checkKey(where, key);
  checkFunction(where, 'init', init);
  const variables = makeVariables(where, key, { weight: { shape: [rows, width], init, option: 'init' } });
  return {
    kind: 'embedding',
    variables,
    apply: (ids) => embedding(variables.weight, ids),
    outputShape: (shape) => [...shape, width],
    dispose: () => disposeVariables(variables),
  };
}
