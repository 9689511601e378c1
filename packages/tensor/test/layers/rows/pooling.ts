import { averagePool2d, globalAveragePool, globalMaxPool, maxPool2d } from '../../../src/index.ts';
import { type Row } from '../row.ts';

export const poolingRows: readonly Row[] = [
  { name: 'maxPool2d', make: () => maxPool2d(2), input: [2, 5, 4, 3], output: [2, 2, 2, 3], variables: {}, refused: [2, 1, 4, 3] },
  {
    name: 'maxPool2d, overlapping, padded',
    make: () => maxPool2d(3, { strides: 2, padding: 1 }),
    input: [1, 5, 5, 2],
    output: [1, 3, 3, 2],
    variables: {},
    refused: [5, 5, 2],
  },
  {
    name: 'averagePool2d',
    make: () => averagePool2d([3, 2], { strides: 1, padding: 'same' }),
    input: [1, 4, 4, 2],
    output: [1, 4, 4, 2],
    variables: {},
    refused: [4, 4],
  },
  { name: 'globalAveragePool', make: () => globalAveragePool(), input: [2, 3, 4, 5], output: [2, 5], variables: {}, refused: [3, 4] },
  { name: 'globalMaxPool', make: () => globalMaxPool(), input: [2, 7, 5], output: [2, 5], variables: {}, refused: [3] },
];
