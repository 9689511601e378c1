/** The nearest whole number, of two equally near ones the even one. */
export function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/** The same of a float32 as the kernels do it; what is beyond 2^22 becomes 2^22. */
export function nearestEven(x: number): number {
  if (!(Math.abs(x) < 2 ** 22)) return Math.sign(x) * 2 ** 22;
  return Math.fround(x + 12582912) - 12582912;
}
