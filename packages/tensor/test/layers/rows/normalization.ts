import { batchNormLayer, groupNormLayer, layerNormLayer, rmsNormLayer } from '../../../src/index.ts';
import { gains, type Row } from '../row.ts';

export const normalizationRows: readonly Row[] = [
  { name: 'layerNorm', make: () => layerNormLayer(6), input: [2, 3, 6], output: [2, 3, 6], variables: gains(6), refused: [2, 5] },
  { name: 'rmsNorm', make: () => rmsNormLayer(5), input: [4, 5], output: [4, 5], variables: { gamma: [5] }, refused: [4] },
  {
    name: 'groupNorm',
    make: () => groupNormLayer(6, { groups: 3 }),
    input: [2, 3, 2, 6],
    output: [2, 3, 2, 6],
    variables: gains(6),
    refused: [2, 4],
  },
  {
    name: 'batchNorm',
    make: () => batchNormLayer(3),
    input: [4, 2, 3],
    output: [4, 2, 3],
    variables: { ...gains(3), mean: [3], variance: [3] },
    refused: [4, 2],
  },
];
