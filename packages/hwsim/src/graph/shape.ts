/** Sizes of a tensor's axes. */
export type Shape = readonly number[];

/** How many elements a shape has. */
export function product(sizes: Shape): number {
  return sizes.reduce((a, b) => a * b, 1);
}

/** The shape that broadcasting gives; undefined where the shapes don't fit. */
export function broadcast(shapes: readonly Shape[]): number[] | undefined {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result: number[] = [];
  for (let axis = 1; axis <= rank; axis++) {
    const sizes = new Set(shapes.map((shape) => shape.at(-axis) ?? 1).filter((size) => size !== 1));
    if (sizes.size > 1) return undefined;
    result.unshift([...sizes][0] ?? 1);
  }
  return result;
}
