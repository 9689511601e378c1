import type { Outcome } from './outcome.ts';

/** A line that says how far the suite is: redrawn on a terminal, once in a while elsewhere. */
export class Progress {
  readonly #out: NodeJS.WriteStream;
  readonly #interval: number;
  #specs = 0;
  #done = 0;
  #failed = 0;
  #began = 0;
  #drawn = 0;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
    this.#interval = out.isTTY ? 100 : 15_000;
  }

  start(title: string, specs: number): void {
    this.#out.write(`tfjs-core's test suite on ${title}\n`);
    this.#specs = specs;
    this.#done = 0;
    this.#failed = 0;
    this.#began = performance.now();
    this.#drawn = this.#began;
  }

  add({ status }: Outcome): void {
    this.#done++;
    if (status === 'failed') this.#failed++;
    const now = performance.now();
    if (now - this.#drawn < this.#interval) return;
    this.#drawn = now;
    const line = `${this.#done} of ${this.#specs} specs, ${this.#failed} failed, ${((now - this.#began) / 1000).toFixed(0)} s`;
    this.#out.write(this.#out.isTTY ? `\r${line}\x1b[K` : `${line}\n`);
  }

  stop(): void {
    if (this.#out.isTTY) this.#out.write('\r\x1b[K');
    this.#out.write(`done in ${((performance.now() - this.#began) / 1000).toFixed(0)} s\n`);
  }
}
