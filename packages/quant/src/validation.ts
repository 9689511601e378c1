/** What a number must be. NaN is always refused. */
interface Bounds {
  readonly least?: number;
  readonly most?: number;
  readonly above?: number;
  readonly whole?: boolean;
  readonly remedy?: string;
}

/** @throws {RangeError} naming the function, the argument and the value, unless it is a finite number within the bounds. */
export function checkNumber(
  where: string,
  name: string,
  value: unknown,
  { least = -Infinity, most = Infinity, above = -Infinity, whole = false, remedy }: Bounds = {},
): void {
  if (
    typeof value === 'number' &&
    Number.isFinite(value) &&
    value >= least &&
    value <= most &&
    value > above &&
    (!whole || Number.isInteger(value))
  )
    return;
  const bounds = [
    ...(least > -Infinity ? [`at least ${least}`] : []),
    ...(above > -Infinity ? [`above ${above}`] : []),
    ...(most < Infinity ? [`at most ${most}`] : []),
  ].join(' and ');
  const wanted = [whole ? 'a whole number' : 'a finite number', bounds].filter(Boolean).join(' ');
  throw new RangeError(`${where}: ${name} is ${show(value)}, but must be ${wanted}.${remedy ? ` ${remedy}` : ''}`);
}

/** @throws {RangeError} unless the value is one of the names. */
export function checkChoice(where: string, name: string, value: unknown, choices: readonly string[]): void {
  if (!choices.includes(value as string))
    throw new RangeError(`${where}: ${name} is ${show(value)}, but must be one of ${choices.join(', ')}.`);
}

/** A value as its writer would recognise it. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return `an object with ${Object.keys(value).join(', ') || 'no fields'}`;
  return String(value);
}
