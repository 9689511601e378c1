/** The error function in double precision: its series near 0, a continued fraction for its complement beyond. */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (!(a < 2.5)) return Number.isNaN(x) ? x : Math.sign(x) * (1 - complement(a));
  let term = a;
  let sum = a;
  for (let n = 1; n < 80; n++) {
    term *= (-a * a) / n;
    sum += term / (2 * n + 1);
  }
  return Math.sign(x) * ((2 / Math.sqrt(Math.PI)) * sum);
}

/** 1 - erf(a) for a >= 2.5. */
function complement(a: number): number {
  if (a > 27) return 0;
  let fraction = a;
  for (let n = 60; n >= 1; n--) fraction = a + n / 2 / fraction;
  return Math.exp(-a * a) / (fraction * Math.sqrt(Math.PI));
}
