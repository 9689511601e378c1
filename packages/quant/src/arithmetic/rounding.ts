import { checkReal } from '../validation.ts';
import { roundHalfEven as nearestEven } from '@x/tensor/quant';

/** How a number between two whole ones becomes one of them. */
export type Rounding = 'half-even' | 'half-away' | 'toward-zero' | 'floor';

/** The nearest whole number, of two equally near ones the even one. */
export function roundHalfEven(x: number): number {
  checkReal('roundHalfEven', 'x', x);
  return nearestEven(x);
}

/** The nearest whole number, of two equally near ones the one farther from 0: C's `round`, TFLite. */
export function roundHalfAway(x: number): number {
  checkReal('roundHalfAway', 'x', x);
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
