import { layerGraph } from '../graph/layer-graph.ts';
import type { Layer, LayerGraph } from '../graph/layer.ts';
import { requireTransformer, type Transformer } from '../training/transformer.ts';
import { requireInteger, requireOptions } from '../validation.ts';

/**
 * A decoder-only transformer as a layer graph: embedding, blocks of norm, queries, keys and values, attention, output, norm and two feed-forward products with
 * a GELU between them, a last norm and the product with the vocabulary. With `experts`, the feed-forward part of every block is a mixture of experts.
 *
 * @param model sizes, as `readCalculonModel` gives them
 * @param options.batch sequences; 1 when left out
 * @param options.vocabulary words; 51,200, as the Megatron papers count
 * @example transformerGraph({ hidden: 768, feedforward: 3072, sequence: 1024, heads: 12, headSize: 64, blocks: 12 }, { vocabulary: 50257 })
 */
export function transformerGraph(
  model: Transformer,
  options: { name?: string; batch?: number; vocabulary?: number; experts?: { count: number; topK?: number; capacityFactor?: number } } = {},
): LayerGraph {
  const { name = 'transformer', batch = 1, vocabulary = 51_200, experts } = requireOptions(options);
  if (experts) requireOptions(experts, 'options.experts');
  requireInteger('options.batch', batch);
  requireInteger('options.vocabulary', vocabulary);
  requireTransformer(model);
  const { hidden, feedforward, sequence, heads, headSize, blocks } = model;
  if (blocks > 10_000) throw new RangeError(`model.blocks is ${blocks}, expected at most 10000`);
  const tokens = batch * sequence;
  const norm = { type: 'norm', rows: tokens, columns: hidden } as const;
  const add = { type: 'elementwise', elements: tokens * hidden, inputs: 2 } as const;
  const layers: Layer[] = [
    { name: 'embedding', operation: { type: 'embedding', lookups: tokens, rows: vocabulary, columns: hidden }, inputs: [] },
  ];
  let stream = 'embedding';
  for (let b = 0; b < blocks; b++) {
    const at = (part: string): string => `block ${b} ${part}`;
    const put = (part: string, operation: Layer['operation'], ...inputs: string[]): string => {
      layers.push({ name: at(part), operation, inputs });
      return at(part);
    };
    const normed = put('attention norm', norm, stream);
    const qkv = put('qkv', { type: 'gemm', m: tokens, n: 3 * heads * headSize, k: hidden }, normed);
    const heard = put('attention', { type: 'attention', batch, heads, queryLength: sequence, keyLength: sequence, headSize }, qkv);
    const joined = put('output', { type: 'gemm', m: tokens, n: hidden, k: heads * headSize }, heard);
    const middle = put('attention add', add, stream, joined);
    const second = put('mlp norm', norm, middle);
    const end = experts
      ? put(
          'experts',
          {
            type: 'moe',
            tokens,
            experts: experts.count,
            topK: experts.topK ?? 1,
            capacityFactor: experts.capacityFactor ?? 1.25,
            inputSize: hidden,
            hiddenSize: feedforward,
          },
          put('router', { type: 'gemm', m: tokens, n: experts.count, k: hidden }, second),
          second,
        )
      : put(
          'mlp 2',
          { type: 'gemm', m: tokens, n: hidden, k: feedforward },
          put(
            'gelu',
            { type: 'elementwise', elements: tokens * feedforward, operations: 8 },
            put('mlp 1', { type: 'gemm', m: tokens, n: feedforward, k: hidden }, second),
          ),
        );
    stream = put('mlp add', add, middle, end);
  }
  layers.push(
    { name: 'last norm', operation: norm, inputs: [stream] },
    { name: 'vocabulary', operation: { type: 'gemm', m: tokens, n: vocabulary, k: hidden }, inputs: ['last norm'] },
  );
  return layerGraph(name, layers, { batch });
}
