import { kthLargest } from './kth-largest.ts';

/** Candidates gathered at least before the smallest are sorted out. */
const GATHERED = 2 ** 14;

/**
 * The k largest of a stream of scores and where they are, in memory of k and time of the stream.
 * Of equal scores the earlier is kept.
 */
export class Largest {
  readonly #k: number;
  readonly #scores: Float32Array;
  readonly #positions: Float64Array;
  #count = 0;
  /** Scores up to this can't be among the k largest any more. */
  #threshold = -Infinity;

  constructor(k: number) {
    this.#k = k;
    const room = k + Math.max(k, GATHERED);
    this.#scores = new Float32Array(room);
    this.#positions = new Float64Array(room);
  }

  /** A score that isn't above this is not among the k largest. */
  get threshold(): number {
    return this.#threshold;
  }

  /** Takes scores, none of them NaN, and their places, counted from `first` and rising from call to call. */
  add(scores: Float32Array, places: Int32Array, first: number): void {
    if (this.#k === 0) return;
    const { length } = this.#scores;
    let threshold = this.#threshold;
    for (let i = 0; i < scores.length; i++) {
      const score = scores[i]!;
      if (!(score > threshold)) continue;
      if (this.#count === length) {
        this.#shrink();
        threshold = this.#threshold;
        if (!(score > threshold)) continue;
      }
      this.#scores[this.#count] = score;
      this.#positions[this.#count++] = first + places[i]!;
    }
  }

  /** Positions of the largest, in rising order; fewer than k if there were fewer. */
  positions(): Float64Array {
    if (this.#count > this.#k) this.#shrink();
    return this.#positions.slice(0, this.#count);
  }

  #shrink(): void {
    const threshold = kthLargest(this.#scores.subarray(0, this.#count), this.#k);
    let ties = this.#k;
    for (let i = 0; i < this.#count; i++) if (this.#scores[i]! > threshold) ties--;
    let kept = 0;
    for (let i = 0; i < this.#count; i++) {
      const score = this.#scores[i]!;
      if (!(score > threshold || (score === threshold && ties-- > 0))) continue;
      this.#scores[kept] = score;
      this.#positions[kept++] = this.#positions[i]!;
    }
    this.#count = kept;
    this.#threshold = threshold;
  }
}
