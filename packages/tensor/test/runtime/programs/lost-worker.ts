/**
 * Loses a worker, while it is idle or in the middle of a kernel, and reports what the next operations do.
 *
 * To die in the middle of a kernel, a worker has its kernels wrapped: when the flag is up, the next chunk it takes is its last.
 */
import * as tf from '@tensorflow/tfjs-core';
import { disable, enable, WorkerLostError } from '@x/tensor';

const when = process.argv[2];
const flag = new Int32Array(new SharedArrayBuffer(4));
const wrapKernels = `
  const { workerData } = process.getBuiltinModule('node:worker_threads');
  const { Instance } = WebAssembly;
  WebAssembly.Instance = function (module, imports) {
    const { exports } = new Instance(module, imports);
    const wrap = (kernel) => (...values) => {
      if (Atomics.load(workerData, 0) === 1) process.exit(1);
      return kernel(...values);
    };
    return { exports: Object.fromEntries(Object.entries(exports).map(([name, value]) => [name, typeof value === 'function' ? wrap(value) : value])) };
  };
`;

type WorkerThreads = typeof import('node:worker_threads');
const threads = process.getBuiltinModule('node:worker_threads') as { -readonly [K in keyof WorkerThreads]: WorkerThreads[K] };
const workers: InstanceType<WorkerThreads['Worker']>[] = [];
const { Worker } = threads;
threads.Worker = class extends Worker {
  constructor(source: string | URL, options?: import('node:worker_threads').WorkerOptions) {
    super(`${wrapKernels}${String(source)}`, { ...options, workerData: flag });
    workers.push(this);
  }
};

await enable({ threads: 2 });
const ones = tf.ones<tf.Rank.R2>([512, 512]);

function attempt(): string {
  try {
    const product = tf.tidy(() => tf.matMul(ones, ones).dataSync());
    return product.every((value) => value === 512) ? 'right' : 'wrong';
  } catch (error) {
    return error instanceof WorkerLostError ? `${error.name}: ${error.message}` : `unexpected ${String(error)}`;
  }
}

const before = attempt();
const began = performance.now();
let first: string;
if (when === 'idle') {
  await workers[0]?.terminate();
  first = attempt();
} else {
  Atomics.store(flag, 0, 1);
  // The worker may sleep through a short product; some later one wakes it.
  do first = attempt();
  while (first === 'right' && performance.now() - began < 15_000);
}
const second = attempt();
Atomics.store(flag, 0, 0);
await disable();
await enable({ threads: 2 });
const again = tf.tidy(() => tf.matMul(tf.ones([512, 512]), tf.ones([512, 512])).dataSync()[0]);
console.log(JSON.stringify({ before, first, second, again }));
