import { gru, lstm } from '../../../src/recurrent.ts';
import { key, type Row } from '../row.ts';

const ofLstm = (inputs: number, units: number): Record<string, number[]> => ({
  weight: [inputs, 4 * units],
  recurrent: [units, 4 * units],
  bias: [4 * units],
});
const ofGru = (inputs: number, units: number): Record<string, number[]> => ({
  weight: [inputs, 3 * units],
  recurrent: [units, 3 * units],
  bias: [3 * units],
  recurrentBias: [3 * units],
});

export const recurrentRows: readonly Row[] = [
  { name: 'lstm', make: () => lstm(3, 4, { key }), input: [2, 5, 3], output: [2, 5, 4], variables: ofLstm(3, 4), refused: [2, 5, 4] },
  {
    name: 'lstm, last, reverse',
    make: () => lstm(2, 3, { key, output: 'last', reverse: true }),
    input: [3, 4, 2],
    output: [3, 3],
    variables: ofLstm(2, 3),
    refused: [3, 2],
  },
  { name: 'gru', make: () => gru(3, 4, { key }), input: [2, 5, 3], output: [2, 5, 4], variables: ofGru(3, 4), refused: [2, 5, 4] },
  {
    name: 'gru, last, reverse',
    make: () => gru(2, 3, { key, output: 'last', reverse: true }),
    input: [3, 4, 2],
    output: [3, 3],
    variables: ofGru(2, 3),
    refused: [3, 2],
  },
];
