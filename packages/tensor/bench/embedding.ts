import * as tf from '@tensorflow/tfjs-core';
import { compare, type Candidate, type Comparison } from '@x-tooling/bench';
import { embedding as lookUp, enable } from '../src/index.ts';
import { startTorch } from './torch.ts';
import { use } from './backend.ts';
import '@tensorflow/tfjs-backend-cpu';

const [ROWS, WIDTH, IDS] = [50_000, 64, 4096];

/** Looks 4,096 rows up in a table of 50,000 x 64, and the gradient of the table. */
export async function embedding(): Promise<Comparison[]> {
  const { threads } = await enable();
  const torch = await startTorch(threads);
  const result = await compare({
    name: `embedding ${ROWS} x ${WIDTH}, ${IDS} look-ups, forward and backward`,
    candidates: {
      'tfjs cpu': program('cpu', (table, ids) => tf.gather(table, ids)),
      'x, tfjs program unchanged': program('x', (table, ids) => tf.gather(table, ids)),
      x: program('x', lookUp),
      ...(torch ? { [`PyTorch, ${threads} threads`]: () => torch.embedding(ROWS, WIDTH, IDS) } : {}),
    },
    // The gradient is written, and the rows looked up are read and written, forward and backward.
    bytes: 4 * WIDTH * (ROWS + 4 * IDS),
    seconds: 2,
  });
  torch?.stop();
  return [result];
}

function program(backend: string, f: (table: tf.Tensor, ids: tf.Tensor) => tf.Tensor): Candidate {
  let table: tf.Tensor;
  let ids: tf.Tensor;
  let dy: tf.Tensor;
  return {
    setup: async () => {
      await tf.setBackend(backend);
      table = tf.randomNormal([ROWS, WIDTH]);
      ids = tf.tensor1d(
        Int32Array.from({ length: IDS }, (_, i) => (i * 7919) % ROWS),
        'int32',
      );
      dy = tf.randomNormal([IDS, WIDTH]);
    },
    run: () => {
      use(backend);
      tf.grad((x: tf.Tensor) => f(x, ids))(table, dy).dispose();
    },
    teardown: () => tf.dispose([table, ids, dy]),
  };
}
