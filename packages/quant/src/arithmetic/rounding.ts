/** How a number between two whole ones becomes one of them. */
export type Rounding = 'half-even' | 'half-away' | 'toward-zero' | 'floor';

/** The nearest whole number, of two equally near ones the even one: IEEE 754's default, NumPy's `rint`, ONNX. */
export function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/** The nearest whole number, of two equally near ones the one farther from 0: C's `round`, TFLite. */
export function roundHalfAway(x: number): number {
  const size = Math.abs(x);
  const below = Math.floor(size);
  return Math.sign(x) * (size - below < 0.5 ? below : below + 1);
}

/** The rounding function of a name. */
export function rounder(rounding: Rounding): (x: number) => number {
  switch (rounding) {
    case 'half-even':
      return roundHalfEven;
    case 'half-away':
      return roundHalfAway;
    case 'toward-zero':
      return Math.trunc;
    case 'floor':
      return Math.floor;
  }
}
