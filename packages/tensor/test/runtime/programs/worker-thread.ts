/** The backend inside a worker thread: main starts the worker, which enables, computes, disables and ends. */
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import { disable, enable } from '@x/tensor';

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url));
  let report: unknown;
  worker.on('message', (message) => {
    report = message;
  });
  worker.on('exit', (code) => console.log(JSON.stringify({ ...(report as object), code })));
} else {
  const { tier, threads } = await enable({ threads: 2 });
  const product = tf.matMul(tf.fill([200, 100], 2), tf.fill([100, 300], 3));
  const values = product.dataSync();
  const right = values.length === 60_000 && values.every((value) => value === 600);
  await disable();
  parentPort?.postMessage({ tier, threads, right });
}
