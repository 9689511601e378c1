/**
 * What differs between Node and browsers. Node's modules come by `process.getBuiltinModule`, so that a bundler has
 * no import of them to resolve.
 */
import { workerSource } from './worker-source.ts';

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

/** Compiles a module: in Node at once, under flags of the engine; elsewhere beside whatever else goes on. */
export async function compileModule(bytes: Uint8Array<ArrayBuffer>, flags: readonly string[]): Promise<WebAssembly.Module> {
  if (nodeMajor > 0) return withEngineFlags(flags, () => new WebAssembly.Module(bytes));
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    // Engines word it differently, but all name the policy (Firefox by its abbreviation) or the keyword that it lacks.
    if (!/content.security.policy|\bCSP\b|unsafe-eval/i.test(String(error))) throw error;
    throw new Error(
      `The page's Content-Security-Policy forbids WebAssembly, which backend 'x' is made of: add 'wasm-unsafe-eval' to its script-src.`,
      { cause: error },
    );
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
  // Browsers hide it where memory can't be sent to another thread; WebKitGTK hides it always.
  if (typeof SharedArrayBuffer === 'undefined')
    return globalThis.crossOriginIsolated
      ? 'this browser has no SharedArrayBuffer'
      : 'the page is not cross-origin isolated (serve it with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp)';
  if (typeof Worker === 'undefined') return 'there is no Worker here';
  return undefined;
}

export interface HostWorker {
  post(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** The worker could not be started, ended or failed; called with the reason. */
  onLost(listener: (reason: string) => void): void;
  /** Whether the worker keeps the process alive. */
  hold(alive: boolean): void;
  terminate(): Promise<void>;
}

export function startWorker(script?: string | URL): HostWorker {
  const threads = builtin<WorkerThreads>('node:worker_threads');
  return threads ? nodeWorker(threads) : webWorker(script);
}

/** Tells of a loss also those who ask after it, since a worker may fail before anybody listens. */
function lossTeller(): { tell(reason: string): void; listen(listener: (reason: string) => void): void } {
  const listeners: ((reason: string) => void)[] = [];
  let first: string | undefined;
  return {
    tell: (reason) => {
      first ??= reason;
      for (const listener of listeners) listener(reason);
    },
    listen: (listener) => {
      listeners.push(listener);
      if (first !== undefined) listener(first);
    },
  };
}

function nodeWorker(threads: WorkerThreads): HostWorker {
  const source =
    `const { parentPort } = process.getBuiltinModule('node:worker_threads');` +
    `(${workerSource})({ postMessage: (m) => parentPort.postMessage(m), onMessage: (l) => parentPort.on('message', l) });`;
  const worker = new threads.Worker(source, { eval: true, execArgv: [], name: 'x-tensor' });
  const loss = lossTeller();
  worker.on('error', (error) => loss.tell(String(error)));
  worker.on('exit', (code) => loss.tell(`it exited with code ${code}`));
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => worker.on('message', listener),
    onLost: loss.listen,
    hold: (alive) => (alive ? worker.ref() : worker.unref()),
    terminate: async () => void (await worker.terminate()),
  };
}

/** A policy that refuses the script is told by an event without a message, and so is a script that isn't found. */
const refused = (script: string | URL | undefined): string =>
  script === undefined
    ? "its script was refused, most likely by the page's Content-Security-Policy (allow worker-src blob:, or give enable({ worker }) the script's URL)"
    : `its script ${script} was not found, or was refused by the page's Content-Security-Policy`;

/** From a script of the page's own, or from the text that the package carries. */
function webWorker(script?: string | URL): HostWorker {
  const source = `(${workerSource})({ postMessage: (m) => self.postMessage(m), onMessage: (l) => { self.onmessage = (e) => l(e.data); } });`;
  const blob = script === undefined ? URL.createObjectURL(new Blob([source], { type: 'text/javascript' })) : undefined;
  const release = (): void => {
    if (blob !== undefined) URL.revokeObjectURL(blob);
  };
  const worker = new Worker(script ?? (blob as string), { name: 'x-tensor', type: script === undefined ? 'classic' : 'module' });
  // From its first message on, it has its script.
  worker.addEventListener('message', release, { once: true });
  const loss = lossTeller();
  worker.addEventListener('error', ({ message }) => loss.tell(message || refused(script)));
  worker.addEventListener('messageerror', () => loss.tell('it could not read a message'));
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => worker.addEventListener('message', ({ data }) => listener(data)),
    onLost: loss.listen,
    hold: () => {},
    terminate: async () => {
      worker.terminate();
      release();
    },
  };
}
