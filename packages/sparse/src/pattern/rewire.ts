import { CsrPattern } from '@x/tensor/sparse';

/** A matrix's non-zeros in compressed rows, without the tensors of a {@link CsrPattern}. */
export type Rows = Pick<CsrPattern, 'rows' | 'columns' | 'pointers' | 'indices'>;

/** What changes in a topology: non-zeros that stay, and positions that become non-zeros. */
export interface Rewiring {
  /** 1 for each non-zero that stays. */
  readonly keep: Uint8Array;
  /** New positions, row · columns + column, rising; none of them of a non-zero that stays. */
  readonly grown: Float64Array;
}

export interface Rewired {
  readonly pattern: CsrPattern;
  /** For each non-zero of the new pattern its number in the old one, or -1 - i for the i-th that grew. */
  readonly from: Int32Array;
}

/** The pattern after a change, in time of its non-zeros. A position that is dropped and grown at once is the old one. */
export function rewire({ rows, columns, pointers, indices }: Rows, { keep, grown }: Rewiring): Rewired {
  let count = grown.length;
  for (let q = 0; q < keep.length; q++) count += keep[q]!;
  const newPointers = new Int32Array(rows + 1);
  const newIndices = new Int32Array(count);
  const from = new Int32Array(count);
  let g = 0;
  let to = 0;
  for (let row = 0; row < rows; row++) {
    const first = row * columns;
    const end = pointers[row + 1]!;
    let q = pointers[row]!;
    for (;;) {
      const old = q < end ? indices[q]! : columns;
      const position = g < grown.length ? grown[g]! - first : columns;
      const next = Math.min(position, columns);
      if (old === columns && next === columns) break;
      if (next <= old) {
        newIndices[to] = next;
        from[to++] = next === old ? q++ : -1 - g;
        g++;
      } else {
        if (keep[q] === 1) {
          newIndices[to] = old;
          from[to++] = q;
        }
        q++;
      }
    }
    newPointers[row + 1] = to;
  }
  return { pattern: new CsrPattern(rows, columns, newPointers, newIndices), from };
}
