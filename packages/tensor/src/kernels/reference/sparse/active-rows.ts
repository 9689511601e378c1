/** Y[batch, columns] = X[batch, rows]·W + bias over the elements of X that aren't 0, in double precision: the truth for f32-active-rows. */
export function referenceActiveRows(
  x: Float32Array,
  w: Float32Array,
  batch: number,
  rows: number,
  columns: number,
  bias?: Float32Array,
): Float32Array {
  const y = new Float32Array(batch * columns);
  for (let example = 0; example < batch; example++) {
    for (let column = 0; column < columns; column++) {
      let sum = bias?.[column] ?? 0;
      for (let row = 0; row < rows; row++) {
        const value = x[example * rows + row] as number;
        if (value !== 0) sum += value * (w[row * columns + column] as number);
      }
      y[example * columns + column] = sum;
    }
  }
  return y;
}
