import * as tf from '@tensorflow/tfjs-core';
import { attention, random, transformerBlock } from '../../../src/index.ts';
import { key, type Row } from '../row.ts';

export const attentionRows: readonly Row[] = [
  {
    name: 'attention, causal',
    make: () => attention(6, { key, heads: 3, causal: true }),
    input: [2, 4, 6],
    output: [2, 4, 6],
    variables: { 'qkv.weight': [6, 18], 'qkv.bias': [18], 'out.weight': [6, 6], 'out.bias': [6] },
    refused: [2, 4, 5],
  },
  {
    name: 'attention, dropout',
    make: () => attention(4, { key, heads: 2, dropout: 0.3 }),
    input: [2, 5, 4],
    output: [2, 5, 4],
    variables: { 'qkv.weight': [4, 12], 'qkv.bias': [12], 'out.weight': [4, 4], 'out.bias': [4] },
    refused: [2, 4],
  },
  {
    name: 'attention, cross, masked',
    make: () => attention(4, { key, heads: 2, memory: 3, bias: false }),
    input: [2, 3, 4],
    output: [2, 3, 4],
    variables: { 'query.weight': [4, 4], 'keyValue.weight': [3, 8], 'out.weight': [4, 4] },
    beside: () => ({
      memory: random.normal(random.key(8), [2, 5, 3]),
      mask: tf.tensor([1, 1, 0, 1, 1, 0, 1, 1, 1, 0], [2, 1, 1, 5], 'bool'),
    }),
  },
  {
    name: 'transformerBlock',
    make: () => transformerBlock(4, { key, heads: 2, causal: true, hidden: 5, dropout: 0.1, attentionDropout: 0.2 }),
    input: [2, 3, 4],
    output: [2, 3, 4],
    variables: {
      '0.inner.0.gamma': [4],
      '0.inner.0.beta': [4],
      '0.inner.1.qkv.weight': [4, 12],
      '0.inner.1.qkv.bias': [12],
      '0.inner.1.out.weight': [4, 4],
      '0.inner.1.out.bias': [4],
      '1.inner.0.gamma': [4],
      '1.inner.0.beta': [4],
      '1.inner.1.weight': [4, 5],
      '1.inner.1.bias': [5],
      '1.inner.2.weight': [5, 4],
      '1.inner.2.bias': [4],
    },
    refused: [2, 4],
  },
];
