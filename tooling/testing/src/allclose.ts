import { flattenNumeric, sameShape } from './numeric.ts';

export interface AllcloseOptions {
  /** Allowed difference relative to the expected value. */
  readonly rtol?: number;
  /** Allowed difference whatever the value. */
  readonly atol?: number;
  /** Whether NaN equals NaN. */
  readonly equalNaN?: boolean;
}

export type AllcloseResult = { readonly close: true } | { readonly close: false; readonly reason: string };

/**
 * Whether `|actual - expected| <= atol + rtol * |expected|` holds for every element, and the shapes are equal.
 * Infinities equal only themselves. A flat typed array has no shape of its own: it matches any shape of its size.
 *
 * @returns `{close: true}`, or the reason: the two shapes, or the first differing index with both values and the tolerance.
 * @throws RangeError for a tolerance that is negative or NaN, TypeError for a value that isn't numeric.
 */
export function allclose(
  actual: unknown,
  expected: unknown,
  { rtol = 1e-5, atol = 1e-8, equalNaN = false }: AllcloseOptions = {},
): AllcloseResult {
  for (const [name, tolerance] of Object.entries({ rtol, atol })) {
    if (!(tolerance >= 0)) throw new RangeError(`${name} must be a number >= 0, not ${tolerance}: it is an allowed difference.`);
  }
  const a = flattenNumeric(actual, 'actual');
  const b = flattenNumeric(expected, 'expected');
  const shapeless = [actual, expected].some((value) => ArrayBuffer.isView(value)) && a.values.length === b.values.length;
  if (!shapeless && !sameShape(a.shape, b.shape)) {
    return { close: false, reason: `shapes differ: actual [${a.shape}], expected [${b.shape}]` };
  }
  const shape = a.shape.length >= b.shape.length ? a.shape : b.shape;
  let first = -1;
  let count = 0;
  let largest = 0;
  for (let i = 0; i < b.values.length; i++) {
    const x = a.values[i]!;
    const y = b.values[i]!;
    if (x === y || (equalNaN && Number.isNaN(x) && Number.isNaN(y))) continue;
    const difference = Math.abs(x - y);
    if (Number.isFinite(y) && difference <= atol + rtol * Math.abs(y)) continue;
    if (first < 0) first = i;
    count++;
    largest = Math.max(largest, Number.isNaN(difference) ? 0 : difference);
  }
  if (first < 0) return { close: true };
  const [x, y] = [a.values[first]!, b.values[first]!];
  const tolerance = atol + rtol * Math.abs(y);
  return {
    close: false,
    reason:
      `first differing index [${unravel(first, shape)}]: actual ${x}, expected ${y}, difference ${brief(Math.abs(x - y))} ` +
      `> ${brief(tolerance)} (rtol ${rtol}, atol ${atol}); ${count} of ${b.values.length} elements differ, the largest difference is ${brief(largest)}`,
  };
}

function brief(value: number): number {
  return Number(value.toPrecision(4));
}

function unravel(index: number, shape: readonly number[]): number[] {
  const indices: number[] = [];
  for (const size of [...shape].reverse()) {
    indices.unshift(index % size);
    index = Math.floor(index / size);
  }
  return indices;
}
