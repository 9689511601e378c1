import type { Rows } from './rows.ts';

/**
 * The part of a pattern in the given rows and columns, both rising, numbered anew.
 *
 * @returns The part, and for each of its non-zeros its number in the whole.
 */
export function restrictRows(
  { pointers, indices, columns }: Rows,
  keptRows: Int32Array,
  keptColumns: Int32Array,
): { readonly rows: Rows; readonly from: Int32Array } {
  const newColumn = new Int32Array(columns).fill(-1);
  keptColumns.forEach((column, index) => {
    newColumn[column] = index;
  });
  const newPointers = new Int32Array(keptRows.length + 1);
  let count = 0;
  keptRows.forEach((row, index) => {
    for (let q = pointers[row]!; q < pointers[row + 1]!; q++) if (newColumn[indices[q]!]! >= 0) count++;
    newPointers[index + 1] = count;
  });
  const from = new Int32Array(count);
  const newIndices = new Int32Array(count);
  let to = 0;
  for (const row of keptRows) {
    for (let q = pointers[row]!; q < pointers[row + 1]!; q++) {
      const column = newColumn[indices[q]!]!;
      if (column < 0) continue;
      from[to] = q;
      newIndices[to++] = column;
    }
  }
  return { rows: { rows: keptRows.length, columns: keptColumns.length, pointers: newPointers, indices: newIndices }, from };
}
