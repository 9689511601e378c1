import {
  add,
  addN,
  concat,
  gather,
  keep,
  leakyRelu,
  mul,
  reshape,
  slice,
  sum,
  tensor1d,
  tidy,
  variable,
  zeros,
  type Tensor,
  type Variable,
} from '@tensorflow/tfjs-core';
import {
  activation as activate,
  dropout,
  initializers,
  linear,
  random,
  type ActivationName,
  type ApplyContext,
  type Initializer,
  type Key,
  type Layer,
} from '@x/tensor';
import { checkOptions } from '@x/tensor/arguments';
import type { SparseMatrix } from '../pattern/interchange.ts';
import { checkActivation, checkChoice, checkNumber } from '../validation.ts';
import { checkGraph, checkNodes } from './check-graph.ts';
import { edgeSoftmax } from './edge-softmax.ts';
import { propagate } from './propagate.ts';

export interface GraphAttentionOptions {
  /** Draws the weights. */
  readonly key: Key;
  /** Which nodes attend to which, self-loops included, such as `adjacency(...)`; its values are not used, its pattern stays the caller's. */
  readonly graph: SparseMatrix;
  /** Attentions side by side. Default 1. */
  readonly heads?: number;
  /** What becomes of the heads: side by side, or their mean. Default `concat`. */
  readonly combine?: 'concat' | 'mean';
  /** Below 0 of the attention's leaky relu. Default 0.2. */
  readonly slope?: number;
  /** Part of the attentions that is dropped in training. Default 0; 0.6 in the paper for Cora. */
  readonly attentionDropout?: number;
  /** Default `linear`: none. */
  readonly activation?: ActivationName;
  /** Whether a bias is added. Default true. */
  readonly bias?: boolean;
  /** First values of the weights. Default Glorot's, uniform. */
  readonly init?: Initializer;
}

/** A {@link graphAttention} layer. */
export interface GraphAttentionLayer extends Layer {
  readonly kind: 'graphAttention';
  readonly variables: { readonly weight: Variable; readonly to: Variable; readonly from: Variable; readonly bias?: Variable };
}

/**
 * A graph attention layer: for each head y_i = sum over i's neighbors j of a_ij h_j, h = x·weight,
 * a_ij = softmax over j of leakyRelu(to · h_i + from · h_j).
 *
 * Attentions exist for the graph's edges alone.
 *
 * @param units Of each head.
 * @returns A layer with the variables `weight`, [inputs, heads · units], `to` and `from`, [heads, units], and, unless
 *   `bias` is false, `bias`. Its output is [nodes, heads · units], or [nodes, units] of the heads' mean.
 * @throws {RangeError | TypeError} if a size or an option is invalid; nothing is allocated then.
 * @example
 * const graph = adjacency(3, [[0, 1], [1, 2]]);
 * graphAttention(5, 2, { graph, heads: 4, key: random.key(0) }).apply(tf.ones([3, 5])).shape; // => [3, 8]
 *
 * P. Veličković et al., "Graph Attention Networks", 2017, arXiv 1710.10903.
 */
export function graphAttention(inputs: number, units: number, options: GraphAttentionOptions): GraphAttentionLayer {
  const where = 'graphAttention';
  checkNumber(where, 'inputs', inputs, { least: 1, whole: true });
  checkNumber(where, 'units', units, { least: 1, whole: true });
  const { key, graph, heads = 1, combine = 'concat', slope = 0.2, attentionDropout = 0 } = checkOptions('graphAttention', options ?? {});
  const { activation = 'linear', bias = true, init = initializers.glorotUniform() } = options ?? {};
  checkNumber(where, 'heads', heads, { least: 1, whole: true });
  checkChoice(where, 'combine', combine, ['concat', 'mean']);
  checkNumber(where, 'slope', slope);
  checkActivation(where, activation);
  checkGraph(where, graph);
  const dropped = dropout(attentionDropout);
  const width = combine === 'concat' ? heads * units : units;
  const [forWeight, forTo, forFrom] = random.split(key, 3);
  const variables = tidy(() => {
    // All drawn before any is kept.
    const [weight, to, from] = [init([inputs, heads * units], forWeight), init([heads, units], forTo), init([heads, units], forFrom)];
    return {
      ...{ weight: variable(weight), to: variable(to), from: variable(from) },
      ...(bias ? { bias: variable(zeros([width])) } : {}),
    };
  });
  const { pattern } = graph;
  const rows = keep(tensor1d(rowOf(graph), 'int32'));
  const columns = keep(tensor1d(pattern.indices, 'int32'));

  const attend = (h: Tensor, head: number, context: ApplyContext | undefined): Tensor => {
    const own = slice(h, [0, head * units], [-1, units]);
    const score = (of: Variable): Tensor => sum(mul(own, slice(of, [head, 0], [1, units])), 1);
    const scores = leakyRelu(add(gather(score(variables.to), rows), gather(score(variables.from), columns)), slope);
    const attention = edgeSoftmax(scores, pattern);
    const used = attentionDropout > 0 && context?.training ? dropped.apply(attention, ofHead(context, head)) : attention;
    return propagate(used, pattern, own);
  };
  return {
    kind: 'graphAttention',
    variables,
    apply: (x, context) => {
      checkNodes(where, x, graph);
      return tidy(() => {
        const h = linear(x, variables.weight);
        const parts = Array.from({ length: heads }, (_, head) => attend(h, head, context));
        const joined = combine === 'concat' ? concat(parts, 1) : mul(addN(parts), 1 / heads);
        return activate(variables.bias ? add(joined, reshape(variables.bias, [1, width])) : joined, activation);
      });
    },
    outputShape: (shape) => [shape[0] ?? pattern.rows, width],
    dispose: () => {
      for (const own of [rows, columns, ...Object.values(variables)]) if (!own.isDisposed) own.dispose();
    },
  };
}

function ofHead(context: ApplyContext, head: number): ApplyContext {
  return context.key ? { ...context, key: random.fold(context.key, head) } : context;
}

function rowOf({ pattern: { rows, pointers, nonZeros } }: SparseMatrix): Int32Array {
  const row = new Int32Array(nonZeros);
  for (let i = 0; i < rows; i++) row.fill(i, pointers[i], pointers[i + 1]);
  return row;
}
