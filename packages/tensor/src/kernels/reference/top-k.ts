/** The k largest of each row of n and their indices, by sorting the row: the largest first, of equal ones the earlier first, NaN before all. */
export function referenceTopK(x: ArrayLike<number>, rows: number, n: number, k: number): { values: Float64Array; indices: Int32Array } {
  const values = new Float64Array(rows * k);
  const indices = new Int32Array(rows * k);
  const rank = (value: number): number => (Number.isNaN(value) ? Infinity : value);
  for (let row = 0; row < rows; row++) {
    const all = Array.from({ length: n }, (_, index) => ({ value: x[row * n + index] as number, index }));
    all.sort(
      (a, b) =>
        Number(Number.isNaN(b.value)) - Number(Number.isNaN(a.value)) ||
        (rank(b.value) > rank(a.value) ? 1 : rank(b.value) < rank(a.value) ? -1 : a.index - b.index),
    );
    for (let i = 0; i < k; i++) {
      values[row * k + i] = all[i]!.value;
      indices[row * k + i] = all[i]!.index;
    }
  }
  return { values, indices };
}
