import type { Taken } from './absent.ts';
import type { Rows } from './rows.ts';

/** The positions of a pattern's non-zeros, or of those that stay. */
export function takenBy({ rows, columns, pointers, indices }: Rows, keep?: Uint8Array): Taken {
  let count = indices.length;
  if (keep) {
    count = 0;
    for (let q = 0; q < keep.length; q++) count += keep[q]!;
  }
  return {
    size: rows * columns,
    count,
    has: (position) => {
      const row = Math.floor(position / columns);
      const column = position - row * columns;
      let low = pointers[row]!;
      let high = pointers[row + 1]!;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (indices[middle]! < column) low = middle + 1;
        else high = middle;
      }
      return low < pointers[row + 1]! && indices[low] === column && (keep === undefined || keep[low] === 1);
    },
  };
}
