interface Rows {
  readonly rows: number;
  readonly columns: number;
  readonly pointers: Int32Array;
  readonly indices: Int32Array;
}

/** @throws {RangeError} unless positions are whole and rise, all of a matrix of so many rows and columns. */
export function checkGrown(grown: Float64Array, rows: number, columns: number): void {
  let last = -1;
  for (const position of grown) {
    if (!(position > last && position < rows * columns && Number.isInteger(position)))
      throw new RangeError(
        `rewire: grown has ${position} after ${last}, but positions are whole and must rise, each once, from 0 to ${rows * columns - 1}.`,
      );
    last = position;
  }
}

/** Compressed rows after a change, and for each new non-zero its number before or -1 - i for the i-th that grew: the truth for i32-rewire. */
export function referenceRewire(
  { rows, columns, pointers, indices }: Rows,
  keep: Uint8Array,
  grown: Float64Array,
): { readonly pointers: Int32Array; readonly indices: Int32Array; readonly from: Int32Array } {
  checkGrown(grown, rows, columns);
  let count = grown.length;
  for (let q = 0; q < keep.length; q++) if (keep[q] !== 0) count++;
  const newPointers = new Int32Array(rows + 1);
  const newIndices = new Int32Array(count);
  const from = new Int32Array(count);
  let g = 0;
  let to = 0;
  for (let row = 0; row < rows; row++) {
    const first = row * columns;
    const end = pointers[row + 1] as number;
    let q = pointers[row] as number;
    for (;;) {
      const old = q < end ? (indices[q] as number) : columns;
      const next = g < grown.length ? Math.min((grown[g] as number) - first, columns) : columns;
      if (old === columns && next === columns) break;
      if (next <= old) {
        if (next === old && keep[q] !== 0)
          throw new RangeError('rewire: grown has the position of a non-zero that stays, but must have others.');
        newIndices[to] = next;
        from[to++] = next === old ? q++ : -1 - g;
        g++;
      } else {
        if (keep[q] !== 0) {
          newIndices[to] = old;
          from[to++] = q;
        }
        q++;
      }
    }
    newPointers[row + 1] = to;
  }
  return { pointers: newPointers, indices: newIndices, from };
}

/** Values in the order of the new non-zeros, 0 where nothing is said: the truth for f32-move. */
export function referenceMove(values: Float32Array, from: Int32Array, size: number, grown?: Float32Array): Float32Array {
  const moved = new Float32Array(size);
  from.forEach((at, to) => {
    moved[to] = at >= 0 ? (values[at] as number) : (grown?.[-1 - at] ?? 0);
  });
  return moved;
}
