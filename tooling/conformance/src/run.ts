import { fork } from 'node:child_process';
import type { Backend, Options } from './options.ts';
import { uniqueNames, type Outcome } from './outcome.ts';
import type { Progress } from './progress.ts';
import type { SuiteMessage, SuiteRequest } from './suite.ts';

/** No spec of the suite waits this long; one that does hangs. */
const PATIENCE_MS = 90_000;

/** Runs the bundled suite on a backend, in a process of its own. */
export function runSuite(bundle: string, backend: Backend, options: Options, progress: Progress): Promise<Outcome[]> {
  const { filter, tier, threads, high, verbose } = options;
  const request: SuiteRequest = {
    backend,
    gradients: backend === options.backend ? options.gradients : backend === 'x' ? 'own' : 'tfjs',
    ...(filter && { filter: filter.source }),
    high,
    enable: { ...(tier && { tier }), ...(threads !== undefined && { threads }) },
  };
  const child = fork(bundle, { execArgv: [], stdio: ['ignore', verbose ? 'inherit' : 'ignore', 'pipe', 'ipc'] });
  let complaints = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (verbose) process.stderr.write(text);
    complaints = (complaints + text).slice(-2000);
  });
  const outcomes: Outcome[] = [];
  let current = 'its start';
  return new Promise((resolve, reject) => {
    const fail = (what: string): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`The suite ${what} during ${current}, after ${outcomes.length} specs.\n${complaints}`));
    };
    const timer = setTimeout(() => fail('hung'), PATIENCE_MS);
    child.on('message', (message: SuiteMessage) => {
      timer.refresh();
      switch (message.kind) {
        case 'ready':
          progress.start(message.on, message.specs);
          break;
        case 'started':
          current = message.name;
          break;
        case 'done':
          outcomes.push(message.outcome);
          progress.add(message.outcome);
          break;
        case 'end':
          clearTimeout(timer);
          progress.stop();
          resolve(uniqueNames(outcomes));
      }
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => fail(`ended with ${signal ?? `code ${code}`}`));
    child.send(request);
  });
}
