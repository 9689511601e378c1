/** The page, and the web worker that it starts: both have the candidates under the name `bench`. */
import { candidates, type Candidates } from './candidates.ts';

type Name = 'products' | 'steps';
export interface PageBench {
  /** Enables the backend; what it got. */
  start(): Promise<{ tier: string; threads: number; limits: readonly string[] }>;
  run(name: Name): Promise<void> | void;
  inWorker(name: Name | 'start'): Promise<unknown>;
}

const scope = globalThis as unknown as { bench: PageBench; postMessage(message: unknown): void };
const inPage = 'document' in globalThis;
let ready: Candidates | undefined;
let worker: Worker | undefined;

scope.bench = {
  async start() {
    ready ??= await candidates();
    const { tier, threads, limits } = ready.runtime;
    return { tier, threads, limits };
  },
  run(name) {
    ready?.[name]();
  },
  inWorker(name) {
    worker ??= new Worker(import.meta.url, { type: 'module' });
    const answer = new Promise((resolve, reject) => {
      worker!.addEventListener('message', ({ data }) => resolve(data), { once: true });
      worker!.addEventListener('error', ({ message }) => reject(new Error(message)), { once: true });
    });
    worker.postMessage(name);
    return answer;
  },
};

if (!inPage)
  globalThis.addEventListener('message', async ({ data }: MessageEvent<Name | 'start'>) => {
    scope.postMessage((await (data === 'start' ? scope.bench.start() : scope.bench.run(data))) ?? null);
  });
