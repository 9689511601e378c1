/** A sparse matrix in compressed rows. */
export interface ReferenceSparse {
  readonly rows: number;
  readonly pointers: Int32Array;
  readonly indices: Int32Array;
  readonly values: Float32Array;
}

/** Y[batch, rows] = X[batch, columns]·Sᵀ + bias, row-major, summed in double precision: the truth for f32-spmm. */
export function referenceSpmm(sparse: ReferenceSparse, x: Float32Array, batch: number, columns: number, bias?: Float32Array): Float32Array {
  const { rows, pointers, indices, values } = sparse;
  const y = new Float32Array(batch * rows);
  for (let example = 0; example < batch; example++) {
    for (let row = 0; row < rows; row++) {
      let sum = bias?.[row] ?? 0;
      for (let q = pointers[row] as number; q < (pointers[row + 1] as number); q++) {
        sum += (values[q] as number) * (x[example * columns + (indices[q] as number)] as number);
      }
      y[example * rows + row] = sum;
    }
  }
  return y;
}

/** values[q] = sum over examples of D[example, row(q)]·X[example, column(q)]: the truth for f32-sddmm. */
export function referenceSddmm(
  { rows, pointers, indices }: Omit<ReferenceSparse, 'values'>,
  d: Float32Array,
  x: Float32Array,
  batch: number,
  columns: number,
): Float32Array {
  const values = new Float32Array(indices.length);
  for (let row = 0; row < rows; row++) {
    for (let q = pointers[row] as number; q < (pointers[row + 1] as number); q++) {
      let sum = 0;
      for (let example = 0; example < batch; example++)
        sum += (d[example * rows + row] as number) * (x[example * columns + (indices[q] as number)] as number);
      values[q] = sum;
    }
  }
  return values;
}
