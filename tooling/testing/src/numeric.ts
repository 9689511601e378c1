/** What the matchers accept: a number, nested arrays of numbers, a typed array, or anything with `shape` and `dataSync()` such as a `tf.Tensor`. */
export type Numeric = number | boolean | bigint | readonly Numeric[] | ArrayBufferView | TensorLike;

export interface TensorLike {
  readonly shape: readonly number[];
  dataSync(): ArrayLike<number | string>;
}

export interface FlatNumeric {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/**
 * Reads any numeric thing as a shape and its values in row-major order.
 *
 * @throws TypeError when the value isn't numeric, or nested arrays are ragged; `name` says which value it was.
 */
export function flattenNumeric(value: unknown, name: string): FlatNumeric {
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return { shape: [], values: [Number(value)] };
  if (isTensorLike(value)) {
    const values = value.dataSync();
    if (typeof values[0] === 'string') throw new TypeError(`${name} is a string tensor; compare its dataSync() with toEqual instead.`);
    return { shape: [...value.shape], values: values as ArrayLike<number> };
  }
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const values = value as unknown as ArrayLike<number | bigint>;
    return { shape: [values.length], values: typeof values[0] === 'bigint' ? Array.from(values, Number) : (values as ArrayLike<number>) };
  }
  if (Array.isArray(value)) return flattenArray(value, name);
  throw new TypeError(`${name} must be a number, nested arrays of numbers, a typed array or a tensor, not ${describe(value)}.`);
}

function flattenArray(array: readonly unknown[], name: string): FlatNumeric {
  const values: number[] = [];
  let inner: readonly number[] | undefined;
  for (const [index, element] of array.entries()) {
    const flat = flattenNumeric(element, `${name}[${index}]`);
    inner ??= flat.shape;
    if (!sameShape(inner, flat.shape)) {
      throw new TypeError(`${name} is ragged: ${name}[0] has shape [${inner}] and ${name}[${index}] has shape [${flat.shape}].`);
    }
    for (let i = 0; i < flat.values.length; i++) values.push(flat.values[i]!);
  }
  return { shape: [array.length, ...(inner ?? [])], values };
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

function isTensorLike(value: unknown): value is TensorLike {
  return (
    typeof value === 'object' &&
    value !== null &&
    'dataSync' in value &&
    typeof value.dataSync === 'function' &&
    'shape' in value &&
    Array.isArray(value.shape)
  );
}

function describe(value: unknown): string {
  return value === null ? 'null' : typeof value === 'object' ? (value.constructor?.name ?? 'object') : `${typeof value} ${String(value)}`;
}
