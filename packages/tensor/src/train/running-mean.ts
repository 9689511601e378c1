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

/** The weighted mean of scalar tensors, which are read a hundred at a time. Owns the tensors it is given. */
export class RunningMean {
  readonly #pending: Pending[] = [];
  #sum = 0;
  #weight = 0;

  /** Takes a scalar; gives what reads it, now or later. */
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
    const joined = tidy(() => concat(pending.map(({ tensor }) => reshape(tensor, [1]))));
    try {
      const values = await joined.data();
      pending.forEach((scalar, index) => this.#settle(scalar, values[index] as number));
    } finally {
      joined.dispose();
      for (const { tensor } of pending) tensor.dispose();
    }
  }

  /** The mean of all so far; NaN of none. */
  async mean(): Promise<number> {
    await this.read();
    return this.#sum / this.#weight;
  }

  /** Reads and frees what is pending, so that scalars handed out stay readable. */
  dispose(): void {
    for (const scalar of this.#pending.splice(0)) {
      this.#settle(scalar, scalar.tensor.dataSync()[0] as number);
      scalar.tensor.dispose();
    }
  }

  #settle(scalar: Pending, value: number): void {
    scalar.known = value;
    this.#sum += value * scalar.weight;
    this.#weight += scalar.weight;
  }
}
