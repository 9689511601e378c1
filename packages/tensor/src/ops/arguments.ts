import { Tensor, type DataType } from '@tensorflow/tfjs-core';

/** What a tensor argument must be; what is left out is not asked. */
export interface TensorExpectation {
  readonly dtype?: DataType | readonly DataType[];
  /** Axes it must have. */
  readonly rank?: number | readonly number[];
  readonly leastRank?: number;
  /** Size of each axis, null where any will do. */
  readonly shape?: readonly (number | null)[];
  /** What to do about a wrong one, as a sentence. */
  readonly remedy?: string;
}

/**
 * Refuses an argument that is not the expected tensor.
 *
 * @param where The function called, as its user wrote it.
 * @throws {TypeError} if it is no tensor or has another dtype.
 * @throws {RangeError} if it has another rank or shape.
 * @throws {Error} if it is disposed.
 */
export function checkTensor(where: string, name: string, value: unknown, expected: TensorExpectation = {}): void {
  // One allocation-free pass on the hot path: messages are made only when something is wrong.
  if (!(value instanceof Tensor))
    throw new TypeError(`${where}: ${name} must be a tensor, not ${describe(value)}; make one with tf.tensor().`);
  if (value.isDisposed) throw new Error(`${where}: ${name} is disposed; dispose a tensor (or leave its tf.tidy) only after its last use.`);
  const { dtype, rank, leastRank, shape, remedy } = expected;
  if (dtype !== undefined && !includes(dtype, value.dtype)) {
    const advice = remedy ?? `Convert it with tf.cast(${name}, '${typeof dtype === 'string' ? dtype : dtype[0]}').`;
    throw new TypeError(`${where}: ${name} is ${describe(value)}, but its dtype must be ${list(dtype)}. ${advice}`);
  }
  if (rank !== undefined && !includes(rank, value.rank))
    throw new RangeError(
      `${where}: ${name} is ${describe(value)}, but its rank must be ${list(rank)}. ${remedy ?? `Use tf.reshape(${name}, ...).`}`,
    );
  if (leastRank !== undefined && value.rank < leastRank)
    throw new RangeError(
      `${where}: ${name} is ${describe(value)}, but its rank must be at least ${leastRank}. ${remedy ?? `Use tf.reshape(${name}, ...).`}`,
    );
  if (shape !== undefined && !fits(value.shape, shape)) {
    const wanted = shape.map((size) => size ?? 'any').join(', ');
    throw new RangeError(
      `${where}: ${name} is ${describe(value)}, but its shape must be [${wanted}]. ${remedy ?? `Use tf.reshape(${name}, ...).`}`,
    );
  }
}

/** What a number must be; what is left out is not asked. NaN is always refused. */
export interface NumberExpectation {
  readonly least?: number;
  readonly most?: number;
  /** Bounds that are excluded. */
  readonly above?: number;
  readonly below?: number;
  readonly whole?: boolean;
  readonly remedy?: string;
}

/** @throws {RangeError} if the argument is not a finite number within its bounds. */
export function checkNumber(where: string, name: string, value: unknown, expected: NumberExpectation = {}): void {
  const { least = -Infinity, most = Infinity, above = -Infinity, below = Infinity, whole = false, remedy } = expected;
  const fine =
    typeof value === 'number' &&
    Number.isFinite(value) &&
    value >= least &&
    value <= most &&
    value > above &&
    value < below &&
    (!whole || Number.isInteger(value));
  if (fine) return;
  const bounds = [
    ...(least > -Infinity ? [`at least ${least}`] : []),
    ...(above > -Infinity ? [`above ${above}`] : []),
    ...(most < Infinity ? [`at most ${most}`] : []),
    ...(below < Infinity ? [`below ${below}`] : []),
  ];
  const wanted = [whole ? 'a whole number' : 'a finite number', bounds.join(' and ')].filter(Boolean).join(' ');
  throw new RangeError(`${where}: ${name} is ${describe(value)}, but must be ${wanted}.${remedy ? ` ${remedy}` : ''}`);
}

/** @throws {RangeError} if the argument is not one of the names. */
export function checkChoice(where: string, name: string, value: unknown, choices: readonly string[]): void {
  if (typeof value !== 'string' || !choices.includes(value))
    throw new RangeError(`${where}: ${name} is ${describe(value)}, but must be one of ${choices.join(', ')}.`);
}

/** @throws {TypeError} if the argument is no function. */
export function checkFunction(where: string, name: string, value: unknown): void {
  if (typeof value !== 'function') throw new TypeError(`${where}: ${name} is ${describe(value)}, but must be a function.`);
}

/** @throws {RangeError} if the argument is not a list of sizes. */
export function checkShape(where: string, name: string, shape: unknown): void {
  if (!Array.isArray(shape) || !shape.every((size) => Number.isInteger(size) && size >= 0))
    throw new RangeError(`${where}: ${name} is ${describe(shape)}, but must be an array of whole numbers, none negative, such as [2, 3].`);
}

/** A value as an error names it: `float32[2, 3]` for a tensor. */
export function describe(value: unknown): string {
  if (value instanceof Tensor) return `${value.dtype}[${value.shape.join(', ')}]`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${(value as Uint8Array).length ?? value.byteLength})`;
  if (Array.isArray(value)) return value.length <= 8 ? `[${value.map(describe).join(', ')}]` : `an array of ${value.length}`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return `an object with ${Object.keys(value).join(', ') || 'no fields'}`;
  return String(value);
}

function includes<T>(wanted: T | readonly T[], value: T): boolean {
  return Array.isArray(wanted) ? wanted.includes(value) : wanted === value;
}

function list(wanted: string | number | readonly (string | number)[]): string {
  return Array.isArray(wanted) ? wanted.join(' or ') : String(wanted);
}

function fits(shape: readonly number[], wanted: readonly (number | null)[]): boolean {
  return shape.length === wanted.length && wanted.every((size, axis) => size === null || size === shape[axis]);
}
