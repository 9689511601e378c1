import { activationLayer, dense, dropout, flatten, unflatten } from '../../../src/index.ts';
import { key, type Row } from '../row.ts';

export const denseRows: readonly Row[] = [
  {
    name: 'dense',
    make: () => dense(4, 3, { key }),
    input: [5, 4],
    output: [5, 3],
    variables: { weight: [4, 3], bias: [3] },
    refused: [5, 3],
  },
  {
    name: 'dense, tanh, no bias',
    make: () => dense(4, 3, { key, activation: 'tanh', bias: false }),
    input: [2, 5, 4],
    output: [2, 5, 3],
    variables: { weight: [4, 3] },
    refused: [4, 5],
  },
  {
    name: 'dense, gelu',
    make: () => dense(4, 2, { key, activation: 'gelu' }),
    input: [4],
    output: [2],
    variables: { weight: [4, 2], bias: [2] },
    refused: [5],
  },
  { name: 'activation', make: () => activationLayer('silu'), input: [2, 3], output: [2, 3], variables: {} },
  { name: 'flatten', make: () => flatten(), input: [2, 3, 4], output: [2, 12], variables: {}, refused: [] },
  { name: 'unflatten', make: () => unflatten([3, 2]), input: [2, 6], output: [2, 3, 2], variables: {}, refused: [2, 5] },
  { name: 'dropout', make: () => dropout(0.4), input: [6, 5], output: [6, 5], variables: {} },
];
