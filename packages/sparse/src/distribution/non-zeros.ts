import { checkFraction, checkNumber } from '../validation.ts';
/**
 * How many of `size` elements a density leaves: size - floor(sparsity · size), as RigL counts.
 *
 * What lies within rounding of a whole number counts as that number: 1 - 0.9 is not 0.1 to a computer.
 */
export function nonZerosOf(density: number, size: number): number {
  checkFraction('nonZerosOf', 'density', density);
  checkNumber('nonZerosOf', 'size', size);
  const zeros = (1 - density) * size;
  const nearest = Math.round(zeros);
  return size - (Math.abs(zeros - nearest) <= 1e-9 * Math.max(1, size) ? nearest : Math.floor(zeros));
}
