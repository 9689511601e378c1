/*
 * ln, sin and cos by additions, multiplications and divisions only. The language leaves the last bits of Math.log and
 * its like to the engine; these give the same bits in every engine, and are right to 1e-13.
 */

/** ln(n / 2^32) for a whole n from 1 to 2^32. */
export function logUnit(n: number): number {
  let exponent = n >= 2 ** 32 ? 32 : 31 - Math.clz32(n);
  let mantissa = n / 2 ** exponent;
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent++;
  }
  // ln m = 2 artanh((m - 1) / (m + 1)), and |s| <= 0.172.
  const s = (mantissa - 1) / (mantissa + 1);
  const t = s * s;
  const series = 1 + t * (1 / 3 + t * (1 / 5 + t * (1 / 7 + t * (1 / 9 + t * (1 / 11 + t * (1 / 13 + t * (1 / 15 + t / 17)))))));
  return (exponent - 32) * Math.LN2 + 2 * s * series;
}

/** sin(a) for |a| <= pi/4. */
function sine(a: number): number {
  const t = a * a;
  return a * (1 - (t / 6) * (1 - (t / 20) * (1 - (t / 42) * (1 - (t / 72) * (1 - (t / 110) * (1 - (t / 156) * (1 - t / 210)))))));
}

/** cos(a) for |a| <= pi/4. */
function cosine(a: number): number {
  const t = a * a;
  return 1 - (t / 2) * (1 - (t / 12) * (1 - (t / 30) * (1 - (t / 56) * (1 - (t / 90) * (1 - (t / 132) * (1 - t / 182))))));
}

/**
 * Two independent standard normal numbers from two uniform words, written to `to[at]` and `to[at + 1]`:
 * r = sqrt(-2 ln u), r cos(2 pi v), r sin(2 pi v), with u = (radius + 1) / 2^32 in (0, 1] and v = angle / 2^32.
 *
 * G. E. P. Box, M. E. Muller, "A note on the generation of random normal deviates", 1958.
 */
export function normalPair(radius: number, angle: number, to: Float64Array | Float32Array, at: number): void {
  const r = Math.sqrt(-2 * logUnit(radius + 1));
  const quadrant = ((angle + 0x20000000) >>> 30) & 3;
  const a = ((angle - quadrant * 2 ** 30) | 0) * ((2 * Math.PI) / 2 ** 32);
  const c = cosine(a);
  const s = sine(a);
  const turned = (quadrant & 1) === 1;
  to[at] = r * (turned ? (quadrant === 1 ? -s : s) : quadrant === 0 ? c : -c);
  to[at + 1] = r * (turned ? (quadrant === 1 ? c : -c) : quadrant === 0 ? s : -s);
}
