import type { Kernels } from '../../runtime/kernels.ts';
import type { SparseBackward } from './backward.ts';

/** How regular a sparse matrix is: of each row as many non-zeros lie in each piece of so many columns. */
export interface NmPieces {
  readonly piece: number;
  readonly inPiece: number;
}

/** Columns of a piece whose runs of examples, and their gradients, the first-level cache holds. */
const MOST = 64;
const LEAST = 24;
/** Non-zeros of a row in a piece below which a loop's end costs more than what the cache saves. */
const LEAST_IN_PIECE = 12;
/** Multiplications below which sharing out costs more than it gives. */
const SMALL = 65536;

/** A matrix in compressed rows. */
interface Rows {
  readonly rows: number;
  readonly columns: number;
  readonly nonZeros: number;
  readonly pointers: Int32Array;
  readonly indices: Int32Array;
}

/**
 * The pieces of a matrix in compressed rows, or undefined if it isn't regular, or not dense enough for that to help. Where their number says
 * so already, its non-zeros aren't read, which a pattern on the device would have to be copied for.
 */
export function nmPieces(matrix: Rows): NmPieces | undefined {
  const { rows, columns, nonZeros } = matrix;
  for (let piece = MOST; piece >= LEAST; piece--) {
    if (columns % piece !== 0) continue;
    const inPiece = (nonZeros * piece) / (rows * columns);
    if (inPiece < LEAST_IN_PIECE || !Number.isInteger(inPiece)) continue;
    if (isRegular(matrix, piece, inPiece)) return { piece, inPiece };
  }
  return undefined;
}

function isRegular({ rows, columns, pointers, indices }: Rows, piece: number, inPiece: number): boolean {
  const inRow = (columns / piece) * inPiece;
  for (let row = 0; row < rows; row++) {
    if (pointers[row + 1] !== (row + 1) * inRow) return false;
    for (let at = row * inRow, past = piece; past <= columns; at += inPiece, past += piece) {
      // A row's columns rise, so that the first and the last one of a piece tell.
      if ((indices[at] as number) < past - piece || (indices[at + inPiece - 1] as number) >= past) return false;
    }
  }
  return true;
}

/** dX = D·S and the gradient of the values of a regular S, by its rows. */
export function nmBackward(
  kernels: Kernels,
  call: Omit<SparseBackward, 'pointers' | 'permutation' | 'work'>,
  { piece, inPiece }: NmPieces,
): void {
  const { rows, columns, batch, nonZeros, dvalues } = call;
  if (batch === 0) {
    kernels.heap.floats.fill(0, dvalues >>> 2, (dvalues >>> 2) + nonZeros);
    return;
  }
  const { threads } = kernels;
  const { words } = threads;
  const p = threads.parameters();
  words[p] = call.indices;
  words[p + 1] = call.values;
  words[p + 2] = call.x;
  words[p + 3] = call.d;
  words[p + 4] = rows;
  words[p + 5] = columns;
  words[p + 6] = batch;
  words[p + 7] = piece;
  words[p + 8] = inPiece;
  words[p + 9] = dvalues;
  words[p + 10] = call.dx;
  const items = columns / piece;
  threads.run(kernels.number('f32_nm_backward'), items, Math.max(1, Math.ceil((SMALL * items) / (2 * nonZeros * batch))));
}
