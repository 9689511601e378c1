import { embeddingLayer, positionalEmbedding } from '../../../src/index.ts';
import { key, type Row } from '../row.ts';

export const embeddingRows: readonly Row[] = [
  {
    name: 'embedding',
    make: () => embeddingLayer(7, 3, { key }),
    input: [2, 4],
    below: 7,
    output: [2, 4, 3],
    variables: { weight: [7, 3] },
  },
  {
    name: 'positionalEmbedding',
    make: () => positionalEmbedding(5, 3, { key }),
    input: [2, 4, 3],
    output: [2, 4, 3],
    variables: { weight: [5, 3] },
    refused: [2, 6, 3],
  },
];
