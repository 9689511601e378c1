interface Rows {
  readonly rows: number;
  readonly columns: number;
  readonly pointers: Int32Array;
  readonly indices: Int32Array;
}

/** A pattern's columns as compressed rows, and for each non-zero there its number in the rows: a counting sort, the truth for i32-transpose-csr. */
export function referenceTransposeCsr({ rows, columns, pointers, indices }: Rows): {
  readonly pointers: Int32Array;
  readonly indices: Int32Array;
  readonly permutation: Int32Array;
} {
  const starts = new Int32Array(columns + 1);
  for (let q = 0; q < indices.length; q++) starts[(indices[q] as number) + 1]!++;
  for (let column = 0; column < columns; column++) starts[column + 1]! += starts[column] as number;
  const next = starts.slice(0, columns);
  const across = new Int32Array(indices.length);
  const permutation = new Int32Array(indices.length);
  for (let row = 0; row < rows; row++) {
    for (let q = pointers[row] as number; q < (pointers[row + 1] as number); q++) {
      const at = next[indices[q] as number]!++;
      across[at] = row;
      permutation[at] = q;
    }
  }
  return { pointers: starts, indices: across, permutation };
}
