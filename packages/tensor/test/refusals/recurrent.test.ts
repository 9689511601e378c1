import { gru, lstm } from '../../src/recurrent.ts';
import { bad, key, refuses } from './refuses.ts';

refuses([
  ['lstm', 'no inputs', () => lstm(0, 2, { key }), /lstm: inputs is 0/],
  ['lstm', 'no options', () => lstm(1, 2, bad(undefined)), /lstm: key is undefined/],
  ['lstm', 'an output', () => lstm(1, 2, { key, output: bad('first') }), /output is "first".*all.*last/],
  ['gru', 'a part of a unit', () => gru(1, 2.5, { key }), /gru: units is 2.5/],
  ['gru', 'a direction', () => gru(1, 2, { key, reverse: bad(1) }), /reverse is 1, but must be true or false/],
  [
    'gru',
    'no initializer',
    () => gru(1, 2, { key, recurrentInit: bad('orthogonal') }),
    /recurrentInit is "orthogonal", but must be a function/,
  ],
  ['lstm.run', 'a state of another size', ({ cube, x }) => withLayer(lstm, (layer) => layer.run(cube, { hidden: x })), /state.hidden/],
  ['lstm.run', 'no cell state', ({ cube, w }) => withLayer(lstm, (layer) => layer.run(cube, { hidden: w })), /state.(hidden|cell)/],
  [
    'gru.run',
    'a rank',
    ({ x }) => withLayer(gru, (layer) => layer.run(x)),
    /gru: x is float32\[2, 3\], but its shape must be \[any, any, 4\]/,
  ],
]);

/** Calls with a layer of 4 inputs, which is disposed after. */
function withLayer<L extends { dispose(): void }>(
  make: (inputs: number, units: number, options: { key: typeof key }) => L,
  call: (layer: L) => unknown,
): void {
  const layer = make(4, 5, { key });
  try {
    call(layer);
  } finally {
    layer.dispose();
  }
}
