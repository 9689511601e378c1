import { checkNumber } from '../validation.ts';

/** A range of real numbers that integers are to cover. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** What a range is for. */
export interface RangePurpose {
  /** Width of the integers. Default 8. */
  readonly bits?: number;
  /** Whether the range is to be as wide below 0 as above. Default false. */
  readonly symmetric?: boolean;
}

/**
 * Finds the range of numbers seen in batches. It holds nothing itself: `init` makes the state before the first batch, `update`
 * the state after one more, and `range` reads it.
 */
export interface Observer<State = unknown> {
  readonly name: string;
  init(): State;
  /** @throws {RangeError} if a value is NaN or infinite. */
  update(state: State, values: ArrayLike<number>): State;
  /** @throws {RangeError} if nothing was seen. */
  range(state: State, purpose?: RangePurpose): Range;
}

/** Least and largest of values. */
export function extremes(where: string, values: ArrayLike<number>): Range {
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!(Math.abs(value) < Infinity))
      checkNumber(where, `value ${i} it sees`, value, { remedy: 'Find out where in the network it comes from.' });
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}

/** @throws {RangeError} unless something was seen. */
export function checkSeen(where: string, count: number): void {
  if (count === 0) throw new RangeError(`${where}: there is no range, because no value was seen; give calibration at least one sample.`);
}
