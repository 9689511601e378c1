import type { Evaluation, Result } from './evaluate.ts';

/** Allowed difference in units of the largest value of a result, unless a program says otherwise. */
const TOLERANCE = 1e-5;

/** The first difference of two evaluations, or nothing. Where both refuse, whatever the words, there is none. */
export function difference(actual: Evaluation, expected: Evaluation, tolerance: number = TOLERANCE): string | undefined {
  if (actual.error !== undefined || expected.error !== undefined) {
    if (actual.error !== undefined && expected.error !== undefined) return undefined;
    return actual.error === undefined ? `no error instead of '${expected.error}'` : `error '${actual.error}'`;
  }
  return (
    first('output', actual.outputs, expected.outputs, tolerance) ?? first('gradient', actual.gradients, expected.gradients, tolerance * 3)
  );
}

function first(kind: string, actual: readonly Result[], expected: readonly Result[], tolerance: number): string | undefined {
  if (actual.length !== expected.length) return `${actual.length} ${kind}s instead of ${expected.length}`;
  for (const [index, result] of actual.entries()) {
    const found = differs(result, expected[index]!, tolerance);
    if (found !== undefined) return `${kind} ${index}: ${found}`;
  }
  return undefined;
}

function differs(actual: Result, expected: Result, tolerance: number): string | undefined {
  if (actual.shape.join() !== expected.shape.join()) return `shape [${actual.shape}] instead of [${expected.shape}]`;
  if (actual.dtype !== expected.dtype) return `dtype ${actual.dtype} instead of ${expected.dtype}`;
  const { values } = expected;
  let largest = 0;
  for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i])) largest = Math.max(largest, Math.abs(values[i]!));
  // Each value by itself where they span many powers of ten.
  const allowed = (value: number): number =>
    largest < 1e4 ? tolerance * Math.max(largest, 1e-3) : tolerance * Math.max(Math.abs(value), 1);
  for (let i = 0; i < values.length; i++) {
    const [a, b] = [actual.values[i]!, values[i]!];
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    if (!(Math.abs(a - b) <= (expected.dtype === 'float32' ? allowed(b) : 0)))
      return `value ${i} of [${expected.shape}] is ${a} instead of ${b}`;
  }
  return undefined;
}
