/** What a worker is told at its start. */
export interface WorkerStart {
  readonly memory: WebAssembly.Memory;
  /** Address of the control block, and of this worker's scratch. */
  readonly control: number;
  readonly scratch: number;
}

/** A family of kernels to add: its module and its kernels' names, in the order of their numbers. */
export interface WorkerFamily {
  readonly module: WebAssembly.Module;
  readonly kernels: readonly string[];
}

interface Port {
  postMessage(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
}

/**
 * The program of a worker. It is sent as text, so that no file has to be found at run time: it may use nothing but
 * its arguments and globals. The numbers repeat `control.ts`.
 */
export function workerProgram(port: Port): void {
  type Kernel = (parameters: number, begin: number, end: number, scratch: number) => void;
  const kernels: Kernel[] = [];
  let start: WorkerStart;

  /** Takes chunks until told to pause; sleeps when there has been nothing for a while. */
  function serve(): void {
    const words = new Int32Array(start.memory.buffer, start.control, 16 + 4 * 64);
    let idleSince = 0;
    let spins = 0;
    for (;;) {
      const seen = Atomics.load(words, 0);
      if ((seen & 511) + ((seen >>> 9) & 511) < ((seen >>> 18) & 511)) {
        const taken = Atomics.add(words, 0, 512);
        const chunks = (taken >>> 18) & 511;
        const chunk = chunks - 1 - ((taken >>> 9) & 511);
        if (chunk < (taken & 511)) continue;
        const slot = 16 + ((taken >>> 27) & 3) * 64;
        const items = words[slot + 1] as number;
        try {
          const kernel = kernels[words[slot] as number] as Kernel;
          const begin = Math.floor((items * chunk) / chunks);
          const end = Math.floor((items * (chunk + 1)) / chunks);
          kernel(start.control + (slot + 4) * 4, begin, end, start.scratch);
        } catch {
          Atomics.store(words, slot + 3, 1);
        }
        Atomics.add(words, slot + 2, 1);
        spins = 0;
        continue;
      }
      if (Atomics.load(words, 2) === 1) return;
      if (++spins < 512) continue;
      const now = performance.now();
      if (spins === 512) idleSince = now;
      else if (now - idleSince > 2) {
        Atomics.add(words, 1, 1);
        if (Atomics.load(words, 2) === 0) Atomics.wait(words, 0, seen);
        Atomics.sub(words, 1, 1);
        spins = 0;
        continue;
      }
      spins = 513;
    }
  }

  port.onMessage((message) => {
    const { begin, add } = message as { begin?: WorkerStart; add: readonly WorkerFamily[] };
    if (begin) start = begin;
    for (const family of add) {
      const instance = new WebAssembly.Instance(family.module, { env: { memory: start.memory } });
      for (const name of family.kernels) kernels.push(instance.exports[name] as unknown as Kernel);
    }
    port.postMessage('ready');
    serve();
    port.postMessage('paused');
  });
}
