import { tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkFunction, checkNumber, checkTensor } from '../ops/arguments.ts';
import { needGradients } from '../ops/kernel.ts';
import { multiHeadAttention } from '../ops/multi-head-attention.ts';
import { checkKey, fold, type Key } from '../random/key.ts';
import { dense } from './dense.ts';
import type { Initializer } from './initializer.ts';
import type { Layer } from './layer.ts';
import { checkParts, contextOfPart, makeParts, variablesOfParts } from './parts.ts';
import { mapLastAxis } from './shape.ts';
import { glorotUniform } from './variance-scaling.ts';

export interface MultiHeadOptions {
  /** Draws the weights; required, so that no two layers begin alike by accident. */
  readonly key: Key;
  /** Heads, a divisor of the width. Default 1. */
  readonly heads?: number;
  /** Whether each place sees only itself and what comes before it. Default false. */
  readonly causal?: boolean;
  /**
   * Width of another sequence to attend to (cross-attention): keys and values are made of the context's `memory`
   * [batch, keys, memory] instead of x. Default: none, self-attention.
   */
  readonly memory?: number;
  /** Part of the probabilities, of which place hears which, that is dropped in training. Default 0. */
  readonly dropout?: number;
  /** Whether biases are added. Default true. */
  readonly bias?: boolean;
  /** First values of each weight. Default {@link glorotUniform}. */
  readonly init?: Initializer;
}

const where = 'attention';

/** An {@link attention} layer. */
export interface AttentionLayer extends Layer {
  readonly kind: 'attention';
  readonly heads: number;
  readonly causal: boolean;
  /** Part of the probabilities that is dropped in training. */
  readonly dropout: number;
}

/**
 * Multi-head attention: each head h of depth width / heads computes softmax(q·kᵀ / sqrt(depth))·v, where q, k and v are linear in x,
 * and a last linear map joins the heads. x [batch, length, width] gives the same shape.
 *
 * Variables: of self-attention `qkv.weight` [width, 3 · width], the queries', keys' and values' maps side by side; of
 * cross-attention `query.weight` [width, width] and `keyValue.weight` [memory, 2 · width]; `out.weight` [width, width];
 * and the biases of each. PyTorch's `in_proj_weight` is the transpose of `qkv.weight`. The context's `mask` says what
 * is seen, as that of `scaledDotProductAttention`; its `key` is needed in training where probabilities are dropped.
 *
 * A. Vaswani et al., "Attention Is All You Need", 2017, arXiv 1706.03762.
 *
 * @throws {RangeError | TypeError} if a size or an option is invalid, or the heads don't divide the width.
 * @example
 * const layer = attention(128, { heads: 8, causal: true, key: random.key(0) });
 * layer.apply(tf.zeros([16, 64, 128])).shape; // => [16, 64, 128]
 */
export function attention(width: number, options: MultiHeadOptions): AttentionLayer {
  checkNumber(where, 'width', width, { least: 1, whole: true });
  const {
    key,
    heads = 1,
    causal = false,
    memory,
    dropout = 0,
    bias = true,
    init = glorotUniform(),
  } = checkOptions('attention', options ?? {});
  checkKey(where, key);
  checkNumber(where, 'heads', heads, { least: 1, whole: true });
  if (width % heads !== 0) throw new RangeError(`${where}: heads is ${heads}, but must divide the width, ${width}.`);
  if (memory !== undefined) checkNumber(where, 'memory', memory, { least: 1, whole: true });
  checkNumber(where, 'dropout', dropout, { least: 0, below: 1 });
  checkFunction(where, 'init', init);
  const map = (index: number, from: number, to: number) => (): Layer => dense(from, to, { key: fold(key, index), bias, init });
  const others = memory === undefined ? [map(1, width, 3 * width)] : [map(1, width, width), map(2, memory, 2 * width)];
  const [out, first, second] = makeParts(map(0, width, width), ...others) as [Layer, Layer, Layer];
  const parts: Maps = memory === undefined ? { qkv: first, out } : { query: first, keyValue: second, out };
  return withMaps(parts, { width, heads, causal, memory, dropout });
}

interface Settings {
  readonly width: number;
  readonly heads: number;
  readonly causal: boolean;
  readonly memory: number | undefined;
  readonly dropout: number;
}

/** The linear maps of self-attention, or of cross-attention. */
type Maps = { readonly qkv: Layer; readonly out: Layer } | { readonly query: Layer; readonly keyValue: Layer; readonly out: Layer };

function withMaps(parts: Maps, settings: Settings): AttentionLayer {
  const { width, heads, causal, memory, dropout } = settings;
  const outputShape: Layer['outputShape'] = (shape) => {
    if (shape.length !== 3)
      throw new RangeError(`${where}: the shape [${shape.map((size) => size ?? 'any').join(', ')}] must be [batch, length, ${width}].`);
    return mapLastAxis(where, shape, width, width);
  };
  return {
    kind: 'attention',
    heads,
    causal,
    dropout,
    variables: variablesOfParts(parts),
    parts,
    withParts: (others) => {
      checkParts(where, others, Object.keys(parts));
      return withMaps(others as unknown as Maps, settings);
    },
    apply: (x, context = {}) => {
      const { memory: other, mask, training = false, key } = context;
      checkTensor(where, 'x', x, { dtype: 'float32' });
      outputShape(x.shape);
      if (memory !== undefined) {
        if (other === undefined) throw new TypeError(`${where}: cross-attention needs a memory: apply(x, { memory: tensor }).`);
        checkTensor(where, 'memory', other, { dtype: 'float32', shape: [x.shape[0] as number, null, memory] });
      }
      const dropping = training && dropout > 0;
      if (dropping && !key)
        throw new TypeError(`${where}: dropout in training needs a key: apply(x, { training: true, key: random.key(seed) }).`);
      needGradients();
      return tidy(() => {
        const projected =
          'qkv' in parts
            ? [parts.qkv.apply(x, contextOfPart(context, 0))]
            : [parts.query.apply(x, contextOfPart(context, 0)), parts.keyValue.apply(other as Tensor, contextOfPart(context, 1))];
        const drops = dropping ? { dropout, key: fold(key as Key, 3) } : {};
        const heard = multiHeadAttention(where, projected, heads, { causal, ...drops, ...(mask ? { mask } : {}) });
        return parts.out.apply(heard, contextOfPart(context, 2));
      });
    },
    outputShape,
    dispose: () => {
      for (const part of Object.values(parts)) part.dispose();
    },
  };
}
