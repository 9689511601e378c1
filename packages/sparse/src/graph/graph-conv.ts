import { add, keep, tensor1d, tidy, variable, zeros, type Variable } from '@tensorflow/tfjs-core';
import { activation as activate, initializers, linear, type ActivationName, type Initializer, type Key, type Layer } from '@x/tensor';
import { checkOptions } from '@x/tensor/arguments';
import type { SparseMatrix } from '../pattern/interchange.ts';
import { checkActivation, checkNumber } from '../validation.ts';
import { checkGraph, checkNodes } from './check-graph.ts';
import { propagate } from './propagate.ts';

export interface GraphConvOptions {
  /** Draws the weight. */
  readonly key: Key;
  /** The matrix [nodes, nodes] that tells what a node gets from which, such as `symmetricNormalized(adjacency(...))`; its pattern stays the caller's. */
  readonly graph: SparseMatrix;
  /** Default `linear`: none. */
  readonly activation?: ActivationName;
  /** Whether a bias is added. Default true. */
  readonly bias?: boolean;
  /** First values of the weight. Default Glorot's, uniform. */
  readonly init?: Initializer;
}

/** A {@link graphConv} layer. */
export interface GraphConvLayer extends Layer {
  readonly kind: 'graphConv';
  readonly variables: { readonly weight: Variable; readonly bias?: Variable };
}

/**
 * A graph convolution: y = activation(S·(x·weight) + bias), x [nodes, inputs], S the graph's sparse matrix.
 *
 * Its cost beside x·weight is that of the graph's non-zeros times units.
 *
 * @returns A layer with the variables `weight`, [inputs, units], and, unless `bias` is false, `bias`, [units].
 * @throws {RangeError | TypeError} if a size or an option is invalid; nothing is allocated then.
 * @example
 * const graph = symmetricNormalized(adjacency(3, [[0, 1], [1, 2]]));
 * graphConv(5, 2, { graph, key: random.key(0) }).apply(tf.ones([3, 5])).shape; // => [3, 2]
 *
 * T. N. Kipf, M. Welling, "Semi-Supervised Classification with Graph Convolutional Networks", 2016, arXiv 1609.02907.
 */
export function graphConv(inputs: number, units: number, options: GraphConvOptions): GraphConvLayer {
  checkNumber('graphConv', 'inputs', inputs, { least: 1, whole: true });
  checkNumber('graphConv', 'units', units, { least: 1, whole: true });
  const { key, graph, activation = 'linear', bias = true, init = initializers.glorotUniform() } = checkOptions('graphConv', options ?? {});
  checkActivation('graphConv', activation);
  checkGraph('graphConv', graph);
  const variables = tidy(() => ({
    weight: variable(init([inputs, units], key)),
    ...(bias ? { bias: variable(zeros([units])) } : {}),
  }));
  const values = keep(tensor1d(graph.values));
  return {
    kind: 'graphConv',
    variables,
    apply: (x) => {
      checkNodes('graphConv', x, graph);
      return tidy(() => {
        const mixed = propagate(values, graph.pattern, linear(x, variables.weight));
        return activate(variables.bias ? add(mixed, variables.bias) : mixed, activation);
      });
    },
    outputShape: (shape) => [shape[0] ?? graph.pattern.rows, units],
    dispose: () => {
      if (!values.isDisposed) values.dispose();
      for (const own of Object.values(variables)) if (!own.isDisposed) own.dispose();
    },
  };
}
