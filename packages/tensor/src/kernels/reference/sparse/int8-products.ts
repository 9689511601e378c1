/** A sparse matrix of 8-bit integers in compressed rows, with a scale a row. */
export interface ReferenceInt8Sparse {
  readonly rows: number;
  readonly pointers: Int32Array;
  readonly indices: Int32Array;
  readonly values: Int8Array;
  readonly scales: Float32Array;
}

/** Y[batch, rows] = (X - zero)·Sᵀ · inputScale · scales + bias, row-major: exact sums, then float32 step by step. The truth for qs8-spmm. */
export function referenceInt8Spmm(
  { rows, pointers, indices, values, scales }: ReferenceInt8Sparse,
  x: Int8Array,
  batch: number,
  columns: number,
  { inputScale, zero, bias }: { readonly inputScale: number; readonly zero: number; readonly bias?: Float32Array | undefined },
): Float32Array<ArrayBuffer> {
  const y = new Float32Array(batch * rows);
  for (let row = 0; row < rows; row++) {
    const factor = Math.fround(Math.fround(inputScale) * (scales[row] as number));
    for (let example = 0; example < batch; example++) {
      let sum = 0;
      for (let q = pointers[row] as number; q < (pointers[row + 1] as number); q++)
        sum += (values[q] as number) * ((x[example * columns + (indices[q] as number)] as number) - zero);
      y[example * rows + row] = Math.fround(Math.fround(sum) * factor) + (bias?.[row] ?? 0);
    }
  }
  return y;
}
