/** Refuses anything but an integer of at least `least`, and at most 2^53 - 1. */
export function requireInteger(name: string, value: unknown, least = 1): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least)
    throw new RangeError(`${name} is ${shown(value)}, expected a whole number of at least ${least}`);
  return value;
}

/** Refuses NaN, infinities and anything below `least` (or equal to it when `strict`). */
export function requireNumber(name: string, value: unknown, least = 0, strict = false): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < least || (strict && value === least))
    throw new RangeError(`${name} is ${shown(value)}, expected a finite number ${strict ? 'above' : 'of at least'} ${least}`);
  return value;
}

/** Refuses a value that isn't one of the listed words. */
export function requireOneOf<T extends string>(name: string, value: unknown, choices: readonly T[]): T {
  if (!choices.includes(value as T)) throw new RangeError(`${name} is ${shown(value)}, expected one of ${choices.join(', ')}`);
  return value as T;
}

/** Refuses what is no object, such as a missing argument. */
export function requireObject<T>(name: string, value: T): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RangeError(`${name} is ${shown(value)}, expected an object`);
  return value;
}

/** Refuses options that are no object, and null for any of them: what is left out is undefined. */
export function requireOptions<T>(options: T, name = 'options'): T {
  for (const [field, value] of Object.entries(requireObject(name, options) as object))
    if (value === null) throw new RangeError(`${name}.${field} is null; leave it out instead`);
  return options;
}

/** Refuses what is neither an array nor a typed one. */
export function requireList<T>(name: string, value: T): T {
  if (!Array.isArray(value) && (!ArrayBuffer.isView(value) || value instanceof DataView))
    throw new RangeError(`${name} is ${shown(value)}, expected a list`);
  return value;
}

/** Refuses what is no string. */
export function requireText<T>(name: string, value: T): T {
  if (typeof value !== 'string') throw new RangeError(`${name} is ${shown(value)}, expected a text`);
  return value;
}

/** Refuses what can't be called. */
export function requireFunction<T>(name: string, value: T): T {
  if (typeof value !== 'function') throw new RangeError(`${name} is ${shown(value)}, expected a function`);
  return value;
}

/** A value as errors show it. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return `an object with ${Object.keys(value).join(', ') || 'no fields'}`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
