/**
 * Saves a checkpoint again and again, to the path that it is given. In the n-th every value is n, so that one that was
 * torn would be told. Prints a line when the first one is there.
 */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { saveCheckpoint } from '@x/tensor';

const path = process.argv[2] as string;
const first = Number(process.argv[3]);
await tf.setBackend('cpu');
const variables = { a: tf.variable(tf.zeros([300, 300])), b: tf.variable(tf.zeros([70_000])) };
const state = { step: 0, slots: { momentum: { a: tf.variable(tf.zeros([300, 300])), b: tf.variable(tf.zeros([70_000])) } } };
for (let n = first; ; n++) {
  for (const variable of [...Object.values(variables), ...Object.values(state.slots.momentum)])
    tf.tidy(() => variable.assign(tf.fill(variable.shape, n)));
  state.step = n;
  await saveCheckpoint(path, { variables, state });
  if (n === first) process.stdout.write('saved\n');
}
