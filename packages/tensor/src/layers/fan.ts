import { checkShape } from '../ops/arguments.ts';

/**
 * How many inputs reach a unit, and how many units an input reaches, from a weight's shape.
 *
 * The last two axes are inputs and outputs, as in [in, out] and [height, width, in, out]; the axes before them, a
 * convolution's window, multiply both. A vector counts as both; a scalar as 1.
 */
export function fans(shape: readonly number[]): { readonly fanIn: number; readonly fanOut: number } {
  checkShape('fans', 'shape', shape);
  if (shape.length < 2) return { fanIn: shape[0] ?? 1, fanOut: shape[0] ?? 1 };
  const window = shape.slice(0, -2).reduce((product, size) => product * size, 1);
  return { fanIn: window * (shape.at(-2) as number), fanOut: window * (shape.at(-1) as number) };
}
