import { random } from '@x/tensor';

/** Random choices, the same for the same seed and program. */
export class Draw {
  readonly #words: Uint32Array;
  #at = 0;

  constructor(seed: number, program: number) {
    this.#words = random.bits(random.fold(random.key(seed), program), 4096);
  }

  /** From 0 to below 1. */
  unit(): number {
    // Beyond its words a program sees the first ones again, which does no harm.
    return this.#words[this.#at++ % this.#words.length]! / 2 ** 32;
  }
  /** A whole number, both ends included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.unit() * (most - least + 1));
  }
  chance(probability: number): boolean {
    return this.unit() < probability;
  }
  of<T>(choices: readonly T[]): T {
    return choices[this.whole(0, choices.length - 1)]!;
  }
  /** Some of the numbers below a count, in order. */
  some(count: number): number[] {
    return Array.from({ length: count }, (_, i) => i).filter(() => this.chance(0.5));
  }
  order(count: number): number[] {
    const numbers = Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = this.whole(0, i);
      [numbers[i], numbers[j]] = [numbers[j]!, numbers[i]!];
    }
    return numbers;
  }
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.unit())) * Math.cos(2 * Math.PI * this.unit());
  }
}
