import { concat, reshape, tidy, type Tensor } from '@tensorflow/tfjs-core';

/** A scalar that was computed but perhaps not read yet. */
export interface Scalar {
  /** Reads it, which waits for the device if it isn't known yet. */
  readonly value: number;
}

interface Pending {
  readonly tensor: Tensor;
  readonly weight: number;
  known: number | undefined;
}

/** Scalars read at once: reading each as it comes would make a device wait. */
const MOST_PENDING = 128;

/** The weighted mean of tensors of one size, which are read a hundred at a time. Owns the tensors it is given. */
export class RunningMean {
  readonly #pending: Pending[] = [];
  #sums = new Float64Array(0);
  #weight = 0;

  /** Takes a tensor; gives what reads its first value, now or later. */
  add(tensor: Tensor, weight: number): Scalar {
    const pending: Pending = { tensor, weight, known: undefined };
    this.#pending.push(pending);
    return {
      get value() {
        return (pending.known ??= tensor.dataSync()[0] as number);
      },
    };
  }

  get full(): boolean {
    return this.#pending.length >= MOST_PENDING;
  }

  /** Reads what is pending. */
  async read(): Promise<void> {
    const pending = this.#pending.splice(0);
    if (pending.length === 0) return;
    const joined = tidy(() => concat(pending.map(({ tensor }) => reshape(tensor, [-1]))));
    try {
      const values = await joined.data();
      let at = 0;
      for (const one of pending) {
        const { size } = one.tensor;
        this.#settle(one, values.subarray(at, at + size));
        at += size;
      }
    } finally {
      joined.dispose();
      for (const { tensor } of pending) tensor.dispose();
    }
  }

  /** The means of all so far, one for each value of a tensor; NaN of none. */
  async means(): Promise<Float64Array> {
    await this.read();
    return this.#weight === 0 ? Float64Array.of(NaN) : this.#sums.map((sum) => sum / this.#weight);
  }

  /** Reads and frees what is pending, so that scalars handed out stay readable. */
  dispose(): void {
    for (const one of this.#pending.splice(0)) {
      this.#settle(one, one.tensor.dataSync());
      one.tensor.dispose();
    }
  }

  #settle(one: Pending, values: ArrayLike<number>): void {
    one.known = values[0];
    if (this.#sums.length < values.length) this.#sums = new Float64Array(values.length);
    for (let i = 0; i < values.length; i++) this.#sums[i]! += (values[i] as number) * one.weight;
    this.#weight += one.weight;
  }
}
