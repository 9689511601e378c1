import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { random } from '@x/tensor';
import { gru, lstm, type RecurrentLayer, type RecurrentState } from '@x/tensor/recurrent';
import { refuse, type Attributes, type Operator, type Operators } from '../operator.ts';

/** Gates [n · units, ...] in ONNX's order, as columns in ours. */
function reordered(weights: Tensor, gates: readonly number[]): Tensor {
  const parts = tf.split(weights, gates.length, 0);
  return tf.transpose(
    tf.concat(
      gates.map((gate) => parts[gate]!),
      0,
    ),
  );
}

interface Kind {
  readonly make: (inputs: number, units: number, reverse: boolean) => RecurrentLayer;
  /** For each of our gates its place among ONNX's. */
  readonly gates: readonly number[];
  /** The names of our biases, and whether they are the sum of ONNX's two. */
  readonly biases: readonly string[];
}

const recurrent =
  ({ make, gates, biases }: Kind): Operator =>
  ([x, w, r, b, lengths, hidden, cell, peepholes], a) => {
    checkPlain(a, peepholes);
    const batchFirst = a.number('layout', 0) === 1;
    const sequence = batchFirst ? x! : tf.transpose(x!, [1, 0, 2]);
    const [batch, length, inputs] = sequence.shape as [number, number, number];
    if (lengths && [...lengths.dataSync()].some((each) => each !== length)) refuse('a sequence whose examples have lengths of their own');
    const [directions, , units] = r!.shape as [number, number, number];
    /** Of weights the direction comes first, and of states in a layout of batches first second. */
    const of = (given: Tensor, direction: number, axis = 0): Tensor => tf.unstack(given, axis)[direction]!;
    const place = batchFirst ? 1 : 0;
    const ran = Array.from({ length: directions }, (_, direction) => {
      const layer = make(inputs, units, a.text('direction', 'forward') === 'reverse' || direction === 1);
      const set = (name: string, value: Tensor): void => void layer.variables[name]!.assign(value);
      set('weight', reordered(of(w!, direction), gates));
      set('recurrent', reordered(of(r!, direction), gates));
      const both = b ? tf.split(of(b, direction), 2).map((bias) => reordered(bias, gates)) : [];
      const none = tf.zeros([gates.length * units]);
      if (biases.length === 1) set('bias', both.length > 0 ? tf.add(both[0]!, both[1]!) : none);
      else biases.forEach((name, index) => set(name, both[index] ?? none));
      const zeros = tf.zeros([batch, units]);
      const begun = (given: Tensor | undefined): Tensor => (given ? of(given, direction, place) : zeros);
      const state: RecurrentState = { hidden: begun(hidden), cell: begun(cell) };
      const result = layer.run(sequence, state);
      layer.dispose();
      return result;
    });
    const y = tf.stack(
      ran.map(({ output }) => (batchFirst ? output : tf.transpose(output, [1, 0, 2]))),
      batchFirst ? 2 : 1,
    );
    const cells = ran.flatMap(({ state }) => (state.cell ? [state.cell] : []));
    return [
      y,
      tf.stack(
        ran.map(({ state }) => state.hidden),
        place,
      ),
      ...(cells.length > 0 ? [tf.stack(cells, place)] : []),
    ];
  };

function checkPlain(a: Attributes, peepholes: Tensor | undefined): void {
  if (peepholes) refuse('an LSTM with peepholes');
  for (const name of ['activations', 'clip', 'input_forget']) if (a.has(name)) refuse(`a recurrent layer with ${name}`);
}

const key = random.key(0);

export const recurrents: Operators = {
  // Theirs are i, o, f, c.
  LSTM: recurrent({ make: (inputs, units, reverse) => lstm(inputs, units, { key, reverse }), gates: [0, 2, 3, 1], biases: ['bias'] }),
  // Theirs are z, r, h.
  GRU: (inputs, a, outputs) => {
    // Of a single step from nothing both are the same, without the states' bias.
    const steps = inputs[0]!.shape[a.number('layout', 0) === 1 ? 1 : 0];
    if (a.number('linear_before_reset', 0) === 0 && (steps !== 1 || inputs[5] || inputs[3]))
      return refuse('a GRU that resets before its product');
    return recurrent({
      make: (from, units, reverse) => gru(from, units, { key, reverse }),
      gates: [1, 0, 2],
      biases: ['bias', 'recurrentBias'],
    })(inputs, a, outputs);
  },
};
