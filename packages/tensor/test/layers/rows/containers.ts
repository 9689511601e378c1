import { activationLayer, checkpointed, dense, dropout, flatten, layerNormLayer, residual, sequential } from '../../../src/index.ts';
import { key, first, second, type Row } from '../row.ts';

export const containersRows: readonly Row[] = [
  {
    name: 'sequential',
    make: () => sequential([flatten(), dense(6, 4, { key: first, activation: 'sigmoid' }), dropout(0.2), dense(4, 2, { key: second })]),
    input: [3, 2, 3],
    output: [3, 2],
    variables: { '1.weight': [6, 4], '1.bias': [4], '3.weight': [4, 2], '3.bias': [2] },
    refused: [3, 5],
  },
  {
    name: 'residual',
    make: () => residual([layerNormLayer(3), dense(3, 3, { key, activation: 'tanh' }), dropout(0.3)]),
    input: [4, 3],
    output: [4, 3],
    variables: { 'inner.0.gamma': [3], 'inner.0.beta': [3], 'inner.1.weight': [3, 3], 'inner.1.bias': [3] },
    refused: [4, 2],
  },
  {
    name: 'residual with a shortcut',
    make: () => residual(dense(3, 2, { key: first, bias: false }), { shortcut: dense(3, 2, { key: second, bias: false }) }),
    input: [4, 3],
    output: [4, 2],
    variables: { 'inner.weight': [3, 2], 'shortcut.weight': [3, 2] },
    refused: [4, 2],
  },
  {
    name: 'checkpointed',
    make: () => checkpointed(sequential([dense(3, 4, { key: first, activation: 'tanh' }), dropout(0.4), dense(4, 2, { key: second })])),
    input: [5, 3],
    output: [5, 2],
    variables: { '0.weight': [3, 4], '0.bias': [4], '2.weight': [4, 2], '2.bias': [2] },
    refused: [5, 4],
  },
  ...(['sqrt', { segments: 2 }, { snapshots: 2 }] as const).map((checkpoint): Row => ({
    name: `sequential, checkpoint ${JSON.stringify(checkpoint)}`,
    make: () =>
      sequential(
        [
          dense(3, 4, { key: first, activation: 'tanh' }),
          dropout(0.2),
          dense(4, 3, { key: second }),
          activationLayer('silu'),
          dense(3, 2, { key }),
        ],
        { checkpoint },
      ),
    input: [5, 3],
    output: [5, 2],
    variables: { '0.weight': [3, 4], '0.bias': [4], '2.weight': [4, 3], '2.bias': [3], '4.weight': [3, 2], '4.bias': [2] },
    refused: [5, 4],
  })),
  { name: 'sequential of nothing', make: () => sequential([]), input: [3], output: [3], variables: {} },
  {
    name: 'sequential in sequential',
    make: () => sequential([sequential([dense(3, 2, { key })])]),
    input: [1, 3],
    output: [1, 2],
    variables: { '0.0.weight': [3, 2], '0.0.bias': [2] },
    refused: [1, 2],
  },
];
