/** A matrix of dense blocks in compressed block rows; the blocks one after another, each row by row. */
export interface ReferenceBsr {
  readonly blockRows: number;
  readonly blockColumns: number;
  readonly height: number;
  readonly width: number;
  readonly pointers: Int32Array;
  readonly indices: Int32Array;
  readonly values: Float32Array;
}

/** Calls `see` with row, column and number of each value. */
function eachValue(
  { blockRows, height, width, pointers, indices }: Omit<ReferenceBsr, 'values'>,
  see: (row: number, column: number, q: number) => void,
): void {
  for (let blockRow = 0; blockRow < blockRows; blockRow++) {
    for (let b = pointers[blockRow] as number; b < (pointers[blockRow + 1] as number); b++) {
      for (let i = 0; i < height; i++) {
        for (let j = 0; j < width; j++) see(blockRow * height + i, (indices[b] as number) * width + j, (b * height + i) * width + j);
      }
    }
  }
}

/** Y[batch, rows] = X[batch, columns]·Sᵀ + bias, or X[batch, rows]·S, summed in double precision: the truth for f32-bsr's products. */
export function referenceBsrSpmm(bsr: ReferenceBsr, x: Float32Array, batch: number, across: boolean, bias?: Float32Array): Float32Array {
  const [rows, columns] = [bsr.blockRows * bsr.height, bsr.blockColumns * bsr.width];
  const [to, from] = across ? [columns, rows] : [rows, columns];
  const sums = new Float64Array(batch * to);
  for (let e = 0; e < batch; e++) for (let i = 0; i < to; i++) sums[e * to + i] = bias?.[i] ?? 0;
  eachValue(bsr, (row, column, q) => {
    const [out, at] = across ? [column, row] : [row, column];
    for (let e = 0; e < batch; e++) sums[e * to + out]! += (bsr.values[q] as number) * (x[e * from + at] as number);
  });
  return Float32Array.from(sums);
}

/** values[q] = sum over examples of D[example, row(q)]·X[example, column(q)]: the truth for f32-bsr's gradients. */
export function referenceBsrSddmm(bsr: Omit<ReferenceBsr, 'values'>, d: Float32Array, x: Float32Array, batch: number): Float32Array {
  const [rows, columns] = [bsr.blockRows * bsr.height, bsr.blockColumns * bsr.width];
  const values = new Float32Array(bsr.indices.length * bsr.height * bsr.width);
  eachValue(bsr, (row, column, q) => {
    let sum = 0;
    for (let e = 0; e < batch; e++) sum += (d[e * rows + row] as number) * (x[e * columns + column] as number);
    values[q] = sum;
  });
  return values;
}
