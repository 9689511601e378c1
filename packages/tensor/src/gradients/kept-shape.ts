/** `shape` with 1 in place of the reduced axes, as a reduction with `keepDims` leaves it. */
export function keptShape(shape: readonly number[], axes: readonly number[]): number[] {
  return shape.map((size, i) => (axes.includes(i) ? 1 : size));
}
