/** Sizes above a threshold in rows of a gradient, NaN never, and their columns, row by row: the truth for f32-absent-above. */
export function referenceAbsentAbove(
  gradient: Float32Array,
  columns: number,
  threshold: number,
  stays: (row: number, column: number) => boolean,
): { readonly sizes: number[]; readonly places: number[] }[] {
  return Array.from({ length: gradient.length / columns }, (_, row) => {
    const found: { sizes: number[]; places: number[] } = { sizes: [], places: [] };
    for (let column = 0; column < columns; column++) {
      const size = Math.abs(gradient[row * columns + column] as number);
      if (!(size > threshold) || stays(row, column)) continue;
      found.sizes.push(size);
      found.places.push(column);
    }
    return found;
  });
}
