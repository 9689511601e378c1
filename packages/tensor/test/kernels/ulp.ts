const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** The distance of two floats to the left and right of a value in double precision: its unit in the last place. */
export function ulp(value: number): number {
  float[0] = Math.abs(value);
  if (!Number.isFinite(float[0])) return 2 ** 104;
  const low = float[0];
  bits[0]!++;
  const distance = float[0] - low;
  return Number.isFinite(distance) ? distance : 2 ** 104;
}

/** How many units in the last place `actual` is from the exact value; 0 where both are the same infinity or NaN. */
export function ulpError(actual: number, exact: number): number {
  if (Number.isNaN(exact)) return Number.isNaN(actual) ? 0 : Infinity;
  if (Number.isNaN(actual)) return Infinity;
  const rounded = Math.fround(exact);
  if (actual === rounded) return 0;
  if (!Number.isFinite(actual) || !Number.isFinite(exact)) return Infinity;
  return Math.abs(actual - exact) / ulp(exact);
}
