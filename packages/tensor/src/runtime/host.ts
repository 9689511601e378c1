/**
 * What differs between Node and browsers. Node's modules come by `process.getBuiltinModule`, so that a bundler has
 * no import of them to resolve.
 */
import { workerProgram } from './worker.ts';

type WorkerThreads = typeof import('node:worker_threads');
type V8 = typeof import('node:v8');

interface NodeProcess {
  readonly versions?: Record<string, string | undefined>;
  readonly arch?: string;
  getBuiltinModule?(name: string): unknown;
}

const nodeProcess = (globalThis as { process?: NodeProcess }).process;

/** Node's major version, or 0 elsewhere. */
export const nodeMajor: number = Number.parseInt(nodeProcess?.versions?.['node'] ?? '0', 10);
export const architecture: string = nodeProcess?.arch ?? '';

function builtin<T>(name: string): T | undefined {
  return nodeMajor > 0 ? (nodeProcess?.getBuiltinModule?.(name) as T | undefined) : undefined;
}

/** Sets flags of the engine while `run` compiles, and takes them back. */
export function withEngineFlags<T>(flags: readonly string[], run: () => T): T {
  const v8 = builtin<V8>('node:v8');
  if (!v8) return run();
  for (const flag of flags) v8.setFlagsFromString(`--${flag}`);
  try {
    return run();
  } finally {
    for (const flag of flags) v8.setFlagsFromString(flag.startsWith('no-') ? `--${flag.slice(3)}` : `--no-${flag}`);
  }
}

export function setEngineFlag(flag: string): void {
  builtin<V8>('node:v8')?.setFlagsFromString(`--${flag}`);
}

/** Inflates raw deflate data: at once in Node, by a stream elsewhere. */
export async function inflateRaw(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const zlib = builtin<typeof import('node:zlib')>('node:zlib');
  if (zlib) return zlib.inflateRawSync(bytes);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** How many threads can run at once. */
export function coreCount(): number {
  const os = builtin<typeof import('node:os')>('node:os');
  return os?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}

/** Why other threads can't share our memory, or nothing if they can. */
export function threadObstacle(): string | undefined {
  if (nodeMajor > 0) return builtin<WorkerThreads>('node:worker_threads') ? undefined : 'this Node has no worker_threads';
  if (typeof SharedArrayBuffer === 'undefined' || (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated !== true)
    return 'the page is not cross-origin isolated (serve it with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp)';
  if (typeof Worker === 'undefined') return 'there is no Worker here';
  return undefined;
}

export interface HostWorker {
  post(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** The worker ended or failed; called with the reason. */
  onLost(listener: (reason: string) => void): void;
  /** Whether the worker keeps the process alive. */
  hold(alive: boolean): void;
  terminate(): Promise<void>;
}

export function startWorker(): HostWorker {
  const threads = builtin<WorkerThreads>('node:worker_threads');
  return threads ? nodeWorker(threads) : webWorker();
}

function nodeWorker(threads: WorkerThreads): HostWorker {
  const source =
    `const { parentPort } = process.getBuiltinModule('node:worker_threads');` +
    `(${workerProgram.toString()})({ postMessage: (m) => parentPort.postMessage(m), onMessage: (l) => parentPort.on('message', l) });`;
  const worker = new threads.Worker(source, { eval: true, execArgv: [], name: 'x-tensor' });
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => worker.on('message', listener),
    onLost: (listener) => {
      worker.on('error', (error) => listener(String(error)));
      worker.on('exit', (code) => listener(`it exited with code ${code}`));
    },
    hold: (alive) => (alive ? worker.ref() : worker.unref()),
    terminate: async () => void (await worker.terminate()),
  };
}

function webWorker(): HostWorker {
  const source = `(${workerProgram.toString()})({ postMessage: (m) => self.postMessage(m), onMessage: (l) => { self.onmessage = (e) => l(e.data); } });`;
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const worker = new Worker(url, { name: 'x-tensor' });
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => worker.addEventListener('message', ({ data }) => listener(data)),
    onLost: (listener) => worker.addEventListener('error', ({ message }) => listener(message)),
    hold: () => {},
    terminate: async () => {
      worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
}
