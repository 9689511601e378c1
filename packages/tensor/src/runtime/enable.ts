import { findBackendFactory, getBackend, setBackend } from '@tensorflow/tfjs-core';
import { XBackend } from '../backend/backend.ts';
import { register, registerFamily, unregister } from '../backend/register.ts';
import { registerGradients } from '../gradients/register.ts';
import { BACKEND } from './backend-name.ts';
import { backendFamily, coreFamilies, familyNames, loadFamily, type CompiledFamily } from './families.ts';
import { Heap } from './heap.ts';
import { coreCount, startWorker, threadObstacle, type HostWorker } from './host.ts';
import { Kernels } from './kernels.ts';
import { createMemory, memoryObstacle } from './memory.ts';
import { Profiler } from './profile.ts';
import type { EnableOptions, Runtime } from './runtime.ts';
import { selfTest } from './self-test.ts';
import { instantiateTfjs } from './tfjs-module.ts';
import { Threads } from './threads.ts';
import { bestTier, type Tier } from './tier.ts';
import { unpack } from './unpack.ts';

const MOST_THREADS = 64;
const MOST_BYTES = 2 ** 32;
const LEAST_BYTES = 32 * 2 ** 20;
const tiers: readonly Tier[] = ['simd', 'relaxed', 'wide'];

interface Enabled {
  readonly runtime: Runtime;
  stop(): Promise<void>;
}

interface Shared {
  enabled?: Promise<Enabled> | undefined;
  /** Settles when the last backend has ended; the next one begins then, because both have the same name. */
  stopped?: Promise<void>;
}

/** Shared by all copies of this package in the process: tfjs has one registry of backends, so there is one backend. */
const registry = globalThis as { [key: symbol]: Shared | undefined };
const shared = (registry[Symbol.for('@x/tensor/1')] ??= {});

/**
 * Registers and selects the tfjs backend `x`, and says what it runs on.
 *
 * Enabling again gives the same runtime; to change options, {@link disable} first.
 *
 * @throws {RangeError} if an option is out of range.
 * @throws {TypeError} if there is no such option.
 * @example
 * const runtime = await enable();
 * console.log(`${runtime.tier}, ${runtime.threads} threads`);
 */
export async function enable(options: EnableOptions = {}): Promise<Runtime> {
  check(options);
  const enabled = (shared.enabled ??= begin(options));
  const { runtime } = await enabled;
  if (shared.enabled === enabled && !findBackendFactory(BACKEND)) {
    // Somebody removed the backend by tfjs's own function.
    await disable();
    return enable(options);
  }
  if (getBackend() !== BACKEND) await setBackend(BACKEND);
  return runtime;
}

/** Ends the workers and removes the backend; tensors on it are lost. Does nothing if it isn't enabled. */
export async function disable(): Promise<void> {
  const { enabled } = shared;
  if (!enabled) return shared.stopped;
  shared.enabled = undefined;
  // What did not start needs no end.
  const stopping = enabled.then(
    ({ stop }) => stop(),
    () => {},
  );
  shared.stopped = stopping.catch(() => {});
  return stopping;
}

function begin(options: EnableOptions): Promise<Enabled> {
  const enabled = (shared.stopped ?? Promise.resolve()).then(() => start(options));
  enabled.catch(() => {
    if (shared.enabled === enabled) shared.enabled = undefined;
  });
  return enabled;
}

function check(options: EnableOptions): void {
  const { threads, tier, heap, worker, modules, ...unknown } = options;
  for (const name of Object.keys(unknown))
    throw new TypeError(`enable({ ${name} }): there is no such option; there are threads, tier, heap, worker and modules.`);
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS))
    throw new RangeError(
      `enable({ threads: ${show(threads)} }): threads must be a whole number from 1 to ${MOST_THREADS}; leave it out to use all cores.`,
    );
  if (tier !== undefined && !tiers.includes(tier))
    throw new RangeError(
      `enable({ tier: ${show(tier)} }): tier must be one of ${tiers.join(', ')}; leave it out for the best that runs here.`,
    );
  if (heap !== undefined && !(typeof heap === 'number' && heap >= LEAST_BYTES && heap <= MOST_BYTES))
    throw new RangeError(`enable({ heap: ${show(heap)} }): heap must be ${LEAST_BYTES} (32 MiB) to ${MOST_BYTES} (4 GiB) bytes.`);
  if (worker !== undefined && !(worker instanceof URL) && (typeof worker !== 'string' || worker === ''))
    throw new TypeError(`enable({ worker: ${show(worker)} }): worker must be the URL of a copy of the package's @x/tensor/worker.`);
  for (const [name, module] of Object.entries(modules ?? {})) {
    if (!familyNames.includes(name))
      throw new RangeError(
        `enable({ modules: { ${name} } }): there is no kernel family of that name; there are ${familyNames.join(', ')}.`,
      );
    if (!(module instanceof WebAssembly.Module))
      throw new TypeError(
        `enable({ modules: { ${name}: ${show(module)} } }): it must be a WebAssembly.Module, compiled from the package's wasm/${name}-<tier>.wasm.`,
      );
  }
}

/** A wrong value as its writer would recognise it. */
function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

async function start({ threads, tier, heap: heapBytes = MOST_BYTES, worker, modules = {} }: EnableOptions): Promise<Enabled> {
  const limits: string[] = [];
  const wanted = chooseTier(tier, limits);
  const count = chooseThreads(threads, limits);
  // First, because a worker takes longest to start, and does so beside all the rest.
  const workers = startWorkers(count - 1, worker, limits);
  try {
    return await assemble(wanted, heapBytes, workers, limits, modules);
  } catch (error) {
    await Promise.all(workers.map((worker) => worker.terminate()));
    throw error;
  }
}

async function assemble(
  wanted: Tier,
  heapBytes: number,
  workers: readonly HostWorker[],
  limits: string[],
  modules: Readonly<Record<string, WebAssembly.Module>>,
): Promise<Enabled> {
  const [{ base64, kernelConfigs }, compiled] = await Promise.all([import('../generated/tfjs-wasm.js'), loadCore(wanted, modules)]);
  const memory = createMemory(heapBytes);
  const smaller = memoryObstacle(heapBytes, memory);
  if (smaller) limits.push(smaller);
  const module = await instantiateTfjs(await unpack(base64), memory);
  const heap = new Heap(module, memory);
  const pool = new Threads(memory.memory, heap, workers);
  const { kernels, families } = await testedKernels(heap, pool, memory.memory, wanted, compiled, limits);
  const alone = await pool.start(families);
  if (alone) limits.push(`1 thread: a worker could not be started: ${alone}`);

  const backend = new XBackend(module, kernels);
  const profiler = new Profiler();
  registerGradients();
  register(BACKEND, backend, kernelConfigs, profiler);
  const loads = new Map<string, Promise<void>>(coreFamilies.map((name) => [name, Promise.resolve()]));
  let stopped = false;
  const load = async (name: string): Promise<void> => {
    const [added, { kernels: callable, selfTest: isRight = () => true }] = await Promise.all([
      loadFamily(name, kernels.tier, modules[name]),
      backendFamily(name),
    ]);
    const instance = await instantiate(added.module, memory.memory);
    const first = pool.add(instance, added.kernels);
    const shared = pool.share(added);
    // On trial, and on this thread alone; in their place or not, they keep their numbers.
    const trial = new Kernels(heap, pool, kernels.tier);
    trial.add(added.kernels, first);
    const passed = pool.alone(() => isRight(trial));
    trial.dropWorkspace();
    await shared;
    if (passed) kernels.add(added.kernels, first);
    else {
      if (kernels.tier !== 'wide')
        throw new Error(
          `The ${kernels.tier} kernels of the family ${name} compute wrong results on this engine; please report it with its version.`,
        );
      limits.push(`tier relaxed for the family ${name}: its wide kernels failed their self-test on this engine`);
      const portable = await loadFamily(name, 'relaxed');
      const second = pool.add(await instantiate(portable.module, memory.memory), portable.kernels);
      await pool.share(portable);
      kernels.add(portable.kernels, second);
    }
    if (!stopped) registerFamily(BACKEND, backend, callable, profiler);
  };
  const runtime: Runtime = {
    backend: BACKEND,
    tier: kernels.tier,
    threads: pool.count,
    limits,
    memory: () => heap.statistics,
    profile: (run) => profiler.profile(run),
    load: (name) => {
      const known = loads.get(name);
      if (known) return known;
      const loading = load(name);
      loads.set(name, loading);
      loading.catch(() => loads.delete(name));
      return loading;
    },
  };
  const stop = async (): Promise<void> => {
    stopped = true;
    unregister(BACKEND);
    await pool.stop();
  };
  return { runtime, stop };
}

function chooseTier(asked: Tier | undefined, limits: string[]): Tier {
  const { tier: best, reason } = bestTier();
  if (asked === undefined || tiers.indexOf(asked) > tiers.indexOf(best)) {
    if (reason) limits.push(`tier ${best}: ${reason}`);
    return best;
  }
  if (asked !== best) limits.push(`tier ${asked}: as asked`);
  return asked;
}

function chooseThreads(asked: number | undefined, limits: string[]): number {
  const cores = coreCount();
  const obstacle = threadObstacle();
  if (obstacle && (asked ?? cores) > 1) {
    limits.push(`1 thread: ${obstacle}`);
    return 1;
  }
  if (asked !== undefined && asked < cores) limits.push(`${asked} of ${cores} threads: as asked`);
  return Math.min(asked ?? cores, MOST_THREADS);
}

/** Some policies of a page forbid workers at their start, others when they have been made: see {@link Threads.start}. */
function startWorkers(count: number, script: string | URL | undefined, limits: string[]): HostWorker[] {
  const workers: HostWorker[] = [];
  try {
    while (workers.length < count) workers.push(startWorker(script));
    return workers;
  } catch (error) {
    limits.push(`1 thread: a worker could not be started: ${(error as Error).message}`);
    for (const worker of workers) void worker.terminate();
    return [];
  }
}

function loadCore(tier: Tier, modules: Readonly<Record<string, WebAssembly.Module>> = {}): Promise<CompiledFamily[]> {
  return Promise.all(coreFamilies.map((name) => loadFamily(name, tier, modules[name])));
}

/** The kernels of the wanted tier, or of the one below if this engine computes them wrongly. */
async function testedKernels(
  heap: Heap,
  pool: Threads,
  memory: WebAssembly.Memory,
  tier: Tier,
  families: readonly CompiledFamily[],
  limits: string[],
): Promise<{ kernels: Kernels; families: readonly CompiledFamily[] }> {
  const kernels = new Kernels(heap, pool, tier);
  for (const family of families) kernels.add(family.kernels, pool.add(await instantiate(family.module, memory), family.kernels));
  if (selfTest(kernels)) return { kernels, families };
  if (tier !== 'wide') throw new Error(`The ${tier} kernels compute wrong results on this engine; please report it with its version.`);
  limits.push('tier relaxed: the wide kernels failed their self-test on this engine');
  pool.reset();
  return testedKernels(heap, pool, memory, 'relaxed', await loadCore('relaxed'), limits);
}

function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<WebAssembly.Instance> {
  return WebAssembly.instantiate(module, { env: { memory } });
}
