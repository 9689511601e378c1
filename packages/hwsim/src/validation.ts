/** Refuses anything but an integer of at least `least`, and at most 2^53 - 1. */
export function requireInteger(name: string, value: unknown, least = 1): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least)
    throw new RangeError(`${name} is ${String(value)}, expected a whole number of at least ${least}`);
  return value;
}

/** Refuses NaN, infinities and anything below `least` (or equal to it when `strict`). */
export function requireNumber(name: string, value: unknown, least = 0, strict = false): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < least || (strict && value === least))
    throw new RangeError(`${name} is ${String(value)}, expected a finite number ${strict ? 'above' : 'of at least'} ${least}`);
  return value;
}

/** Refuses a value that isn't one of the listed words. */
export function requireOneOf<T extends string>(name: string, value: unknown, choices: readonly T[]): T {
  if (!choices.includes(value as T)) throw new RangeError(`${name} is ${JSON.stringify(value)}, expected one of ${choices.join(', ')}`);
  return value as T;
}
