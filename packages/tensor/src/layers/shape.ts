import { describe } from '../ops/arguments.ts';
import type { Shape } from './layer.ts';

/** A shape whose last axis goes from one size to another. */
export function mapLastAxis(where: string, shape: Shape, from: number, to: number): Shape {
  const last = shape.at(-1);
  if (shape.length === 0 || (last !== null && last !== from))
    throw new RangeError(
      `${where}: the shape [${shape.map((size) => size ?? 'any').join(', ')}] must end in ${from}, not ${describe(last)}.`,
    );
  return [...shape.slice(0, -1), to];
}
