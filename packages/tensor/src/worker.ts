// `@x/tensor/worker`: the workers' script as a file, for `enable({ worker })`.
import { workerProgram } from './runtime/worker.ts';

workerProgram({
  postMessage: (message) => postMessage(message),
  onMessage: (listener) => addEventListener('message', ({ data }) => listener(data)),
});
