import { checkNumber, describe } from '../ops/arguments.ts';

/**
 * How far {@link fit} is: plain data, so that it can be saved. With the network's variables, the optimizer's state and the
 * options it determines everything that follows, bit for bit: the order of the examples and all random numbers derive from it.
 */
export interface FitPosition {
  /** The option of that name. */
  readonly seed: number;
  /** The pass over the data that comes next or is under way, counted from 1. */
  readonly epoch: number;
  /** Batches of it that are done. */
  readonly batch: number;
  /** Steps done in all. */
  readonly steps: number;
}

/** @throws {TypeError | RangeError} if it is no position, or one of another seed. */
export function checkPosition(where: string, position: FitPosition, seed: number): void {
  if (typeof position !== 'object' || position === null)
    throw new TypeError(`${where}: from is ${describe(position)}, but must be the position of an event.`);
  checkNumber(where, 'from.epoch', position.epoch, { least: 1, whole: true });
  checkNumber(where, 'from.batch', position.batch, { least: 0, whole: true });
  checkNumber(where, 'from.steps', position.steps, { least: position.batch, whole: true });
  if (position.seed !== seed)
    throw new RangeError(
      `${where}: from is a position of seed ${describe(position.seed)}, but seed is ${seed}; give the seed that training began with.`,
    );
}
