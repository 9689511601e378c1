import * as tf from '@tensorflow/tfjs-core';
import { read, refuse, type Operator, type Operators } from '../operator.ts';
import { dtypeOf } from './shapes.ts';

/** a0 - a1 cos(2 pi i / n) + a2 cos(4 pi i / n), i < size. */
const cosineWindow =
  (a0: number, a1: number, a2: number): Operator =>
  ([size], a) => {
    const count = read(size!)[0]!;
    const n = a.number('periodic', 1) ? count : count - 1;
    const angle = tf.mul(tf.range(0, count, 1, 'float32'), (2 * Math.PI) / n);
    const out = tf.add(tf.sub(a0, tf.mul(a1, tf.cos(angle))), tf.mul(a2, tf.cos(tf.mul(angle, 2))));
    return tf.cast(out, dtypeOf(a.number('output_datatype', 1)));
  };

export const generators: Operators = {
  BlackmanWindow: cosineWindow(0.42, 0.5, 0.08),
  Constant: (_, a) => {
    const value = a.tensor('value');
    if (value) return value;
    if (a.has('value_float')) return tf.scalar(a.number('value_float', 0), 'float32');
    if (a.has('value_int')) return tf.scalar(a.number('value_int', 0), 'int32');
    if (a.has('value_floats')) return tf.tensor1d([...a.numbers('value_floats')!], 'float32');
    if (a.has('value_ints')) return tf.tensor1d([...a.numbers('value_ints')!], 'int32');
    return refuse('a constant of texts or sparse ones');
  },
  HammingWindow: cosineWindow(25 / 46, 21 / 46, 0),
  HannWindow: cosineWindow(0.5, 0.5, 0),
  Range: ([start, limit, delta]) => tf.range(read(start!)[0]!, read(limit!)[0]!, read(delta!)[0]!, start!.dtype as 'int32'),
};
