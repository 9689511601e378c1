import {
  CALL_MASK,
  CALL_SHIFT,
  CHUNK_BITS,
  CHUNK_MASK,
  CONTROL_WORDS,
  DONE,
  FAILED,
  ITEMS,
  KERNEL,
  MOST_CHUNKS,
  PARAMETERS,
  PAUSE,
  SCRATCH_BYTES,
  SLEEPING,
  SLOTS,
  SLOT_COUNT,
  SLOT_WORDS,
  STATE,
} from './control.ts';
import { WorkerLostError } from './errors.ts';
import type { Heap } from './heap.ts';
import type { HostWorker } from './host.ts';
import type { WorkerFamily, WorkerStart } from './worker.ts';

/** A compiled kernel: does the work items `begin <= i < end`. */
export type WasmKernel = (parameters: number, begin: number, end: number, scratch: number) => void;

/** How long workers may take to start, on a machine that has much else to do. */
const START_MS = 30_000;
/** Chunks per thread: enough that a thread that is held up leaves little behind. */
const CHUNKS_PER_THREAD = 4;
/** How long the caller waits for a worker's chunks after finishing all others: this, or as long as its own share took, several times over. */
const PATIENCE_MS = 5000;
const PATIENCE_SHARES = 4;
/** What one look at the clock may add to the wait, so that a process that was stopped for a while doesn't take it for the worker's delay. */
const MOST_STEP_MS = 100;

/**
 * Runs kernels on the calling thread and its workers, fork and join.
 *
 * Use: `const p = threads.parameters()`, write the kernel's arguments to `words[p + i]` or `floats[p + i]`,
 * then `threads.run(kernel, items, grain)`.
 */
export class Threads {
  /** Views of the control block. They stay valid when the memory grows, because shared buffers never detach. */
  readonly words: Int32Array;
  readonly floats: Float32Array;
  readonly memory: WebAssembly.Memory;
  readonly #control: number;
  readonly #scratch: number;
  readonly #kernels: WasmKernel[] = [];
  #workers: readonly HostWorker[];
  #call = 0;
  #running = 0;
  #unshared = 0;
  #sharing: Promise<void> = Promise.resolve();
  #lost: string | undefined;

  constructor(memory: WebAssembly.Memory, heap: Heap, workers: readonly HostWorker[]) {
    this.#workers = workers;
    this.memory = memory;
    this.#control = heap.allocate(CONTROL_WORDS * 4);
    this.#scratch = heap.allocate(SCRATCH_BYTES * (workers.length + 1));
    this.words = new Int32Array(memory.buffer, this.#control, CONTROL_WORDS);
    this.floats = new Float32Array(memory.buffer, this.#control, CONTROL_WORDS);
    this.words.fill(0);
  }

  /** Threads that compute, the calling one included. */
  get count(): number {
    return this.#workers.length + 1;
  }

  /**
   * Gives the workers the families added so far. Until then, calls run on the calling thread.
   *
   * @returns why a worker could not be started; then calls go on to run on the calling thread alone, and there are no workers.
   */
  async start(families: readonly WorkerFamily[]): Promise<string | undefined> {
    const workers = this.#workers;
    const started = workers.map((worker, index) => {
      worker.onLost((reason) => {
        if (this.#workers === workers) this.#lost ??= reason;
      });
      const begin: WorkerStart = { memory: this.memory, control: this.#control, scratch: this.#scratch + SCRATCH_BYTES * (index + 1) };
      const ready = this.#reply(worker, 'ready');
      worker.post({ begin, add: families });
      return ready;
    });
    try {
      await inTime(Promise.all(started));
    } catch (error) {
      this.#workers = [];
      this.#lost = undefined;
      await Promise.all(workers.map((worker) => worker.terminate()));
      return error instanceof WorkerLostError ? error.reason : String(error);
    }
    for (const worker of workers) worker.hold(false);
    this.#running = workers.length;
    return undefined;
  }

  /** Adds a family's kernels; returns the number of the first. Workers get it by {@link start} or {@link share}. */
  add(instance: WebAssembly.Instance, names: readonly string[]): number {
    const first = this.#kernels.length;
    for (const name of names) this.#kernels.push(instance.exports[name] as unknown as WasmKernel);
    return first;
  }

  /** Forgets all kernels; only before {@link start}. */
  reset(): void {
    this.#kernels.length = 0;
  }

  /** Sends a family to workers that run already. Until all have it, and those asked for meanwhile, calls run on the calling thread. */
  share(family: WorkerFamily): Promise<void> {
    if (this.#workers.length === 0) return Promise.resolve();
    this.#running = 0;
    this.#unshared++;
    // In the order in which they were added, because the order gives kernels their numbers.
    const shared = this.#sharing.then(() => this.#send(family));
    this.#sharing = shared.catch(() => {});
    return shared;
  }

  async #send(family: WorkerFamily): Promise<void> {
    if (this.#lost !== undefined) throw new WorkerLostError(this.#lost);
    const workers = this.#workers;
    for (const worker of workers) worker.hold(true);
    try {
      const paused = workers.map((worker) => this.#reply(worker, 'paused'));
      this.#interrupt();
      await Promise.all(paused);
      Atomics.store(this.words, PAUSE, 0);
      const ready = workers.map((worker) => this.#reply(worker, 'ready'));
      for (const worker of workers) worker.post({ add: [family] });
      await Promise.all(ready);
    } finally {
      for (const worker of workers) worker.hold(false);
    }
    if (--this.#unshared === 0) this.#running = workers.length;
  }

  /** Where the next call's arguments go: an index into {@link words} and {@link floats}. */
  parameters(): number {
    return SLOTS + ((this.#call + 1) & (SLOT_COUNT - 1)) * SLOT_WORDS + PARAMETERS;
  }

  /**
   * Runs a kernel over `items` work items with the arguments written to {@link parameters}.
   * Fewer than two `grain`s of items are not worth sharing out.
   */
  run(kernel: number, items: number, grain: number): void {
    if (this.#lost !== undefined) throw new WorkerLostError(this.#lost);
    const call = this.#kernels[kernel] as WasmKernel;
    const slot = SLOTS + ((this.#call + 1) & (SLOT_COUNT - 1)) * SLOT_WORDS;
    const parameters = this.#control + (slot + PARAMETERS) * 4;
    if (this.#running === 0 || items < 2 * grain) {
      if (items > 0) call(parameters, 0, items, this.#scratch);
      return;
    }
    const { words } = this;
    const began = performance.now();
    const chunks = Math.min(Math.floor(items / grain), CHUNKS_PER_THREAD * this.count, MOST_CHUNKS);
    words[slot + KERNEL] = kernel;
    words[slot + ITEMS] = items;
    words[slot + FAILED] = 0;
    Atomics.store(words, slot + DONE, 0);
    this.#publish(chunks);
    if (Atomics.load(words, SLEEPING) > 0) Atomics.notify(words, STATE);
    let done = 0;
    try {
      for (let chunk = this.#take(chunks); chunk >= 0; chunk = this.#take(chunks)) {
        done++;
        call(parameters, Math.floor((items * chunk) / chunks), Math.floor((items * (chunk + 1)) / chunks), this.#scratch);
      }
    } catch (error) {
      // Nobody takes what is left, and what the workers took they are to be done with: the caller frees what they write to.
      while (this.#take(chunks) >= 0) done++;
      this.#join(slot, chunks - done, began);
      throw error;
    }
    this.#join(slot, chunks - done, began);
  }

  /** Runs what `run` calls on the calling thread alone. */
  alone<T>(run: () => T): T {
    const running = this.#running;
    this.#running = 0;
    try {
      return run();
    } finally {
      this.#running = running;
    }
  }

  async stop(): Promise<void> {
    this.#running = 0;
    this.#lost = 'the backend was disabled';
    // Out of their loop: a browser gives one that doesn't listen two seconds before it ends it.
    this.#interrupt();
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  /** Makes the workers leave their loop, to read messages. */
  #interrupt(): void {
    Atomics.store(this.words, PAUSE, 1);
    this.#publish(0);
    Atomics.notify(this.words, STATE);
  }

  #publish(chunks: number): void {
    this.#call = (this.#call + 1) & CALL_MASK;
    Atomics.store(this.words, STATE, (this.#call << CALL_SHIFT) | (chunks << (2 * CHUNK_BITS)));
  }

  /** The next chunk from the front, or -1 if all are taken. */
  #take(chunks: number): number {
    const taken = Atomics.add(this.words, STATE, 1);
    const chunk = taken & CHUNK_MASK;
    return chunk + ((taken >>> CHUNK_BITS) & CHUNK_MASK) < chunks ? chunk : -1;
  }

  /** Waits until the workers have done the chunks they took of the call that `began` then. */
  #join(slot: number, theirs: number, began: number): void {
    const { words } = this;
    let spins = 0;
    let waited = 0;
    let last = 0;
    let patience = 0;
    while (Atomics.load(words, slot + DONE) < theirs) {
      if (++spins < 4096) continue;
      spins = 0;
      const now = performance.now();
      if (patience === 0) patience = Math.max(PATIENCE_MS, PATIENCE_SHARES * (now - began));
      else waited += Math.min(now - last, MOST_STEP_MS);
      last = now;
      if (waited > patience) {
        this.#lost = `it did not finish its share within ${(patience / 1000).toFixed(0)} s of the other threads`;
        throw new WorkerLostError(this.#lost);
      }
    }
    if (words[slot + FAILED] === 1) throw new Error('internal: a kernel trapped in a worker thread');
  }

  #reply(worker: HostWorker, expected: string): Promise<void> {
    return new Promise((resolve, reject) => {
      worker.onMessage((message) => message === expected && resolve());
      worker.onLost((reason) => reject(new WorkerLostError(reason)));
    });
  }
}

/** The promise's outcome, or a {@link WorkerLostError} if there is none in time. */
async function inTime<T>(promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new WorkerLostError(`it did not start within ${START_MS / 1000} s`)), START_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
