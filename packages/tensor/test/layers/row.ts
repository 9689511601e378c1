import type { Key } from '../../src/random/index.ts';
import { random, type ApplyContext, type Layer } from '../../src/index.ts';

/** A layer joins by one line: how to make it, a shape it takes and one it refuses, and what comes of it. */
export interface Row {
  readonly name: string;
  readonly make: () => Layer;
  readonly input: number[];
  readonly output: number[];
  readonly variables: Record<string, number[]>;
  readonly refused?: number[];
  /** x is whole numbers below this, not normal ones. */
  readonly below?: number;
  /** What the context has beside what training gives it. */
  readonly beside?: () => ApplyContext;
}

/** A row without the parts that say themselves: a gain and a shift, or a weight and a bias. */
export const gains = (channels: number): Record<string, number[]> => ({ gamma: [channels], beta: [channels] });

/** Keys for the weights: of a layer, and of two. */
export const key: Key = random.key(11);
export const first: Key = random.fold(key, 0);
export const second: Key = random.fold(key, 1);
