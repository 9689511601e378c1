import { floatFormat, type FloatFormat } from './float-format.ts';

/** IEEE 754 binary16. */
export const float16: FloatFormat = floatFormat(5, 10, { name: 'float16' });
/** The upper half of float32. */
export const bfloat16: FloatFormat = floatFormat(8, 7, { name: 'bfloat16' });
/** OCP 8-bit floats: numbers to 448, no infinity. */
export const e4m3fn: FloatFormat = floatFormat(4, 3, { name: 'e4m3fn', nonFinite: 'fn' });
/** OCP 8-bit floats: numbers to 57344, with infinity. */
export const e5m2: FloatFormat = floatFormat(5, 2, { name: 'e5m2' });
/** As {@link e4m3fn} with one NaN, no negative zero, and numbers to 240. */
export const e4m3fnuz: FloatFormat = floatFormat(4, 3, { name: 'e4m3fnuz', nonFinite: 'fnuz' });
/** As {@link e5m2} with one NaN, no infinity and no negative zero. */
export const e5m2fnuz: FloatFormat = floatFormat(5, 2, { name: 'e5m2fnuz', nonFinite: 'fnuz' });
/** OCP MX 6-bit floats: numbers to 7.5. */
export const e2m3: FloatFormat = floatFormat(2, 3, { name: 'e2m3', nonFinite: 'finite' });
/** OCP MX 6-bit floats: numbers to 28. */
export const e3m2: FloatFormat = floatFormat(3, 2, { name: 'e3m2', nonFinite: 'finite' });
/** OCP MX 4-bit floats: 0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives. */
export const e2m1: FloatFormat = floatFormat(2, 1, { name: 'e2m1', nonFinite: 'finite' });
