import type { ActivationName } from '../ops/activation-name.ts';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkNumber } from '../ops/arguments.ts';
import { checkKey, split } from '../random/key.ts';
import { attention, type MultiHeadOptions } from './attention.ts';
import { dense } from './dense.ts';
import { dropout } from './dropout.ts';
import { layerNormLayer } from './layer-norm.ts';
import type { Layer } from './layer.ts';
import { makeParts } from './parts.ts';
import { residual } from './residual.ts';
import { sequential, type SequentialLayer } from './sequential.ts';

export interface TransformerBlockOptions extends Omit<MultiHeadOptions, 'memory' | 'dropout'> {
  /** Units between the two dense layers. Default 4 · width. */
  readonly hidden?: number;
  /** Between the two dense layers. Default `gelu`. */
  readonly activation?: ActivationName;
  /** Part of what each of the two branches adds that is dropped in training. Default 0. */
  readonly dropout?: number;
  /** Part of attention's probabilities that is dropped in training. Default 0. */
  readonly attentionDropout?: number;
}

/**
 * A block of a transformer: x = x + attention(norm(x)), then x + dense(activation(dense(norm(x)))), of [batch, length, width].
 *
 * Normalization comes first, which trains without a warm-up: R. Xiong et al., "On Layer Normalization in the Transformer
 * Architecture", 2020, arXiv 2002.04745; the paper of 2017 has it after the sum.
 *
 * @throws {RangeError | TypeError} if a size or an option is invalid; nothing stays allocated then.
 * @example
 * const block = transformerBlock(128, { heads: 8, causal: true, key: random.key(0) });
 * block.apply(tf.zeros([16, 64, 128])).shape; // => [16, 64, 128]
 */
export function transformerBlock(width: number, options: TransformerBlockOptions): SequentialLayer {
  const where = 'transformerBlock';
  checkNumber(where, 'width', width, { least: 1, whole: true });
  const {
    key,
    heads = 1,
    causal = false,
    bias = true,
    init,
    hidden = 4 * width,
    activation = 'gelu',
    ...rates
  } = checkOptions('transformerBlock', options ?? {});
  const { dropout: rate = 0, attentionDropout = 0 } = rates;
  checkKey(where, key);
  checkNumber(where, 'heads', heads, { least: 1, whole: true });
  if (width % heads !== 0) throw new RangeError(`${where}: heads is ${heads}, but must divide the width, ${width}.`);
  checkNumber(where, 'hidden', hidden, { least: 1, whole: true });
  checkNumber(where, 'dropout', rate, { least: 0, below: 1 });
  checkNumber(where, 'attentionDropout', attentionDropout, { least: 0, below: 1 });
  const [forAttention, forFirst, forSecond] = split(key, 3);
  const drawn = init ? { init } : {};
  const dropping = rate > 0 ? [dropout(rate)] : [];
  const [before, attending, between, first, second] = makeParts(
    () => layerNormLayer(width),
    () => attention(width, { key: forAttention, heads, causal, dropout: attentionDropout, bias, ...drawn }),
    () => layerNormLayer(width),
    () => dense(width, hidden, { key: forFirst, activation, bias, ...drawn }),
    () => dense(hidden, width, { key: forSecond, bias, ...drawn }),
  ) as [Layer, Layer, Layer, Layer, Layer];
  return sequential([residual([before, attending, ...dropping]), residual([between, first, second, ...dropping])]);
}
