import type { Transformer, TransformerPlan } from './transformer.ts';

/** One operation of a transformer block on one processor. Sizes in elements. */
export interface BlockLayer {
  readonly name: string;
  readonly engine: 'matrix' | 'vector';
  readonly forwardOperations: number;
  readonly inputGradientOperations: number;
  readonly weightGradientOperations: number;
  readonly weights: number;
  /** Bytes. */
  readonly forwardBytes: number;
  readonly inputGradientBytes: number;
  readonly weightGradientBytes: number;
  readonly activationBytes: number;
  readonly activationGradientBytes: number;
  readonly outputBytes: number;
  /** Done again in the backward. */
  readonly recomputed: boolean;
  /** Its input is kept elsewhere and isn't counted twice. */
  readonly reused: boolean;
  readonly storesActivation: boolean;
  readonly storesOutput: boolean;
  readonly communication?: TensorCommunication;
}

/** A tensor-parallel exchange: `gathers` before a column-split product, else after a row-split one. */
export interface TensorCommunication {
  readonly gathers: boolean;
  readonly bytes: number;
  readonly again: boolean;
}

interface Options {
  readonly recomputed?: boolean;
  readonly reused?: boolean;
  readonly storesActivation?: boolean;
  readonly storesOutput?: boolean;
}

/** The operations of one transformer block for one micro-batch, in order, with Calculon's counts of arithmetic and traffic. */
export function blockLayers(model: Transformer, plan: TransformerPlan, bytesPerElement: number): BlockLayer[] {
  const { hidden, feedforward, sequence, heads, headSize } = model;
  const {
    tensorParallel: t,
    microBatch,
    recompute,
    tensorCommunication = 'allReduce',
    regather = false,
    fusedActivation = false,
    attention = 'multihead',
  } = plan;
  const b = bytesPerElement;
  const tokens = microBatch * sequence;
  const activation = tokens * hidden;
  const split = tensorCommunication === 'sequence';
  const local = split ? Math.floor(tokens / t) * hidden : activation;
  const all = recompute === 'full';
  const attentionAgain = recompute !== 'none';
  const layers: BlockLayer[] = [];

  const add = (
    name: string,
    engine: BlockLayer['engine'],
    operations: readonly [number, number, number],
    sizes: { inputs: number; outputs: number; weights?: number; activations?: number; gradients?: number },
    options: Options,
    bytes: Partial<BlockLayer> = {},
  ): void => {
    const { inputs, outputs, weights = 0, activations = inputs, gradients = outputs } = sizes;
    const { recomputed = false, reused = false, storesActivation = true, storesOutput = true } = options;
    layers.push({
      name,
      engine,
      weights,
      recomputed,
      reused,
      storesActivation,
      storesOutput,
      forwardOperations: operations[0],
      inputGradientOperations: operations[1],
      weightGradientOperations: operations[2],
      forwardBytes: (inputs + outputs + weights) * b,
      inputGradientBytes: (weights + activations + gradients) * b,
      weightGradientBytes: weights === 0 ? 0 : (weights + activations + gradients) * b,
      activationBytes: activations * b,
      activationGradientBytes: gradients * b,
      outputBytes: outputs * b,
      ...bytes,
    });
  };
  const fork = (name: string, size: number, users: number, options: Options): void =>
    add(name, 'vector', [0, users * size, 0], { inputs: size, outputs: 0, gradients: 0 }, options, {
      forwardBytes: 0,
      inputGradientBytes: size * b * (users + 1),
    });
  const norm = (name: string, options: Options): void =>
    add(name, 'vector', [9 * local, 14 * local, 7 * local], { inputs: local, outputs: local, weights: 2 * hidden }, options);
  const linear = (name: string, from: number, to: number, options: Options): void => {
    const work = 2 * tokens * from * to;
    add(name, 'matrix', [work, work, work], { inputs: tokens * from, outputs: tokens * to, weights: from * to }, options);
  };
  const product = (name: string, batch: number, m: number, n: number, k: number, options: Options): void =>
    add(
      name,
      'matrix',
      [2 * batch * m * n * k, 4 * batch * m * n * k, 0],
      { inputs: batch * (m * n + n * k), outputs: batch * m * k },
      options,
    );
  /** Backward reads and writes what forward does. */
  const pointwise = (name: string, size: number, forward: number, backward: number, options: Options, kept = size): void =>
    add(
      name,
      'vector',
      [forward * size, backward * size, 0],
      { inputs: size, outputs: size, activations: kept, gradients: kept },
      options,
      { inputGradientBytes: 2 * size * b },
    );
  /** Keeps a mask of a byte an element. */
  const dropout = (name: string, size: number, options: Options): void =>
    add(name, 'vector', [size, size, 0], { inputs: size, outputs: size }, options, {
      activationBytes: size,
      activationGradientBytes: size,
      forwardBytes: 2 * size * b + size,
      inputGradientBytes: 2 * size * b + size,
    });
  const residual = (name: string, options: Options): void =>
    add(name, 'vector', [local, 2 * local, 0], { inputs: 2 * local, outputs: local }, options);
  const exchange = (name: string, gathers: boolean, again: boolean, storesActivation: boolean): void => {
    const size = t === 1 ? 0 : activation;
    const reduced = (size * (t - 1)) / t;
    const identityForward = !split && gathers;
    const identityBackward = !split && !gathers;
    add(
      name,
      'vector',
      gathers ? [0, reduced, 0] : [reduced, 0, 0],
      { inputs: size, outputs: size },
      { storesActivation },
      {
        ...(identityForward && { forwardBytes: 0 }),
        ...(identityBackward && { inputGradientBytes: 0 }),
        activationBytes: split ? (size * b) / t : gathers ? 0 : size * b,
        activationGradientBytes: split ? (size * b) / t : gathers ? size * b : 0,
        communication: { gathers, bytes: activation * b, again },
      },
    );
  };

  const query = Math.floor((heads * headSize) / t);
  const key = attention === 'multihead' ? query : headSize;
  const gatheredAgain = attentionAgain || regather;
  const shared = { recomputed: all, storesActivation: false, reused: true };
  fork('attention fork', local, 2, { recomputed: all });
  norm('attention norm', shared);
  exchange('attention gather', true, gatheredAgain, true);
  fork('attention heads fork', activation, 3, { recomputed: gatheredAgain, storesActivation: !gatheredAgain });
  linear('query', hidden, query, shared);
  linear('key', hidden, key, shared);
  linear('value', hidden, key, shared);
  const localHeads = Math.floor((microBatch * heads) / t);
  const scores = Math.floor(heads / t) * sequence ** 2 * microBatch;
  product('key x query', localHeads, sequence, headSize, sequence, { recomputed: attentionAgain, storesOutput: !attentionAgain });
  pointwise('softmax', scores, 5, 8, { recomputed: attentionAgain, storesOutput: !attentionAgain });
  dropout('attention dropout', scores, { recomputed: attentionAgain, storesActivation: !attentionAgain });
  product('attention x value', localHeads, sequence, sequence, headSize, { recomputed: all });
  linear('attention output', query, hidden, { recomputed: all });
  exchange('attention reduce', false, all, false);
  dropout('attention output dropout', local, { recomputed: all });
  residual('attention residual', shared);
  const mlpAgain = all || regather;
  fork('mlp fork', local, 2, { recomputed: all });
  norm('mlp norm', shared);
  exchange('mlp gather', true, mlpAgain, true);
  const inner = Math.floor(feedforward / t);
  linear('mlp 1', hidden, inner, { recomputed: all, storesActivation: !mlpAgain });
  const gelu = Math.floor((feedforward * tokens) / t);
  pointwise('gelu', gelu, 8, 13, { recomputed: all }, fusedActivation ? 0 : gelu);
  linear('mlp 2', inner, hidden, { recomputed: all });
  exchange('mlp reduce', false, all, false);
  dropout('mlp dropout', local, { recomputed: all });
  residual('mlp residual', shared);
  return layers;
}
