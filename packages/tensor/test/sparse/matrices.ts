import { random } from '../kernels/values.ts';

export interface TestMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly pointers: Int32Array;
  readonly indices: Int32Array;
  readonly values: Float32Array;
}

/** A random sparse matrix in compressed rows; every fifth row and every seventh column is empty if there are more than that. */
export function sparseMatrix(rows: number, columns: number, density: number, seed: number): TestMatrix {
  const next = random(seed);
  const pointers = new Int32Array(rows + 1);
  const indices: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const empty = density < 1 && ((rows > 5 && row % 5 === 4) || (columns > 7 && column % 7 === 3));
      if (!empty && next() < density) indices.push(column);
    }
    pointers[row + 1] = indices.length;
  }
  return { rows, columns, pointers, indices: Int32Array.from(indices), values: Float32Array.from(indices, () => next() * 4 - 2) };
}

/** The same matrix by columns: where each column's non-zeros begin, their rows, and where their values are. */
export function transposed({ rows, columns, pointers, indices }: TestMatrix): {
  pointers: Int32Array;
  indices: Int32Array;
  permutation: Int32Array;
} {
  const entries: [column: number, row: number, q: number][] = [];
  for (let row = 0; row < rows; row++) for (let q = pointers[row]!; q < pointers[row + 1]!; q++) entries.push([indices[q]!, row, q]);
  entries.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const starts = new Int32Array(columns + 1);
  for (const [column] of entries) starts[column + 1]!++;
  for (let column = 0; column < columns; column++) starts[column + 1]! += starts[column]!;
  return { pointers: starts, indices: Int32Array.from(entries, ([, row]) => row), permutation: Int32Array.from(entries, ([, , q]) => q) };
}
