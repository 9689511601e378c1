import { disable, train } from './train.js';

/** In a web worker, which ends then. */
function trainInWorker(options) {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.addEventListener('error', ({ message }) => reject(new Error(message || 'the worker was not loaded')));
    worker.addEventListener('message', ({ data }) => {
      if ('error' in data) reject(new Error(data.error));
      else resolve(data.result);
    });
    worker.postMessage(options);
  }).finally(() => worker.terminate());
}

globalThis.program = { train, trainInWorker, disable };
