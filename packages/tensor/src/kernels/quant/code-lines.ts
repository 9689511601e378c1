/**
 * What gives the codes of {@link dynamicCodes} by arithmetic. Between two powers of ten a code c rises evenly with the size y of a number, so
 * u(y) = min over E = 0..6 of (10^(6 - E)·y / 0.9 + 8 / 9)·2^E (twice that of the unsigned map) is c at the bound below it, and the code
 * floor(u) but for three things. The bound between two powers, halfway between their nearest numbers, is where u = 2^(E + 1) + 0.2. The
 * lowest line is bent so that the bounds about 0 are met as well. And 1 has a code of its own.
 *
 * Beyond 1 / 1000 lines 4, 5 and 6 are lines 1, 2 and 3 of y / 1000, eight times as high: four serve all.
 */
export interface CodeLines {
  /** Of line 3. */
  readonly slope: number;
  /** Slope of line 0 over that of line 3; lines 2 and 1 have 5 and 25. */
  readonly first: number;
  /** What lines 0 to 3 add. */
  readonly added: readonly [number, number, number, number];
  /** What the code of 1 begins above. */
  readonly top: number;
}

export function codeLines(signed: boolean): CodeLines {
  const [f, times] = [Math.fround, signed ? 1 : 2];
  const slope = f((times * 1e6) / 0.9 / 125);
  // Through the bound below the least number, at u = times + 0.2, and the next, at u = 3 of the unsigned map.
  const first = signed ? 125 : f(0.8 / 3.875e-7 / slope);
  const height = (8 / 9) * times;
  return {
    ...{ slope, first },
    added: [f(signed ? 1.2 - 2.75e-7 * 125 * slope : 3 - 5.5e-7 * first * slope), f(2 * height), f(4 * height), f(8 * height)],
    top: f(1 - 0.225 / 64 / times),
  };
}
