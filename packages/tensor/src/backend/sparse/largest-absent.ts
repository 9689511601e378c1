import type { TensorInfo } from '@tensorflow/tfjs-core';
import { gemm } from '../../kernels/gemm.ts';
import { absentAbove, gatherAbsent } from '../../kernels/sparse/absent-above.ts';
import { columnSquares, takeColumns } from '../../kernels/sparse/columns.ts';
import { kthLargest, largest } from '../../kernels/sparse/select.ts';
import type { Heap } from '../../runtime/heap.ts';
import type { XBackend } from '../backend.ts';
import type { BackendKernel } from '../kernel.ts';
import { borrowed } from './borrowed.ts';

/** Elements of the gradient that exist at once. */
const TILE = 2 ** 20;
/** Rows and columns of the gradient, spread over all, whose crossings tell what is large; units differ more than inputs do. */
const SAMPLED = [128, 32] as const;
/** How many times as many candidates as are wanted the sample should let through, from the first attempt on. */
const ATTEMPTS = [2, 16, Infinity] as const;

interface Search {
  readonly backend: XBackend;
  /** dz [batch, rows] and x [batch, columns]: addresses. */
  readonly dz: number;
  readonly x: number;
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
  readonly pointers: number;
  readonly indices: number;
  /** u8 */
  readonly keep: number;
  readonly count: number;
  readonly work: Work;
  /** f64[count], where the positions go. */
  readonly to: number;
}

/** More than rounding adds to a product of two batches, relatively. */
const ROUNDED = 1 + 2 ** -10;

/** Addresses of the room that a search takes: for the rows that matter, for a tile, for what is found in it, and for candidates. */
interface Work {
  /** i32, which rows matter, and dz of these alone. */
  readonly list: number;
  readonly compact: number;
  /** f64[rows + columns], sums of squares. */
  readonly squares: number;
  readonly height: number;
  readonly tile: number;
  readonly sizes: number;
  readonly places: number;
  readonly spans: number;
  readonly found: number;
  readonly candidates: number;
  readonly positions: number;
  /** Candidates there is room for: the largest so far, and all of a tile. */
  readonly room: number;
}

/**
 * Positions, row · columns + column and rising, of the `count` largest |dzᵀ·x| where a sparse matrix has no non-zero that stays, as
 * pairs of words of doubles behind how many they are, int32[1 + count, 2]. The product is made some rows at a time: memory for a tile and the candidates. A
 * sample says from which size on there are candidates; where it said too much, more become ones. A row whose norm times the largest of
 * a column is less has none (Cauchy and Schwarz), and its products aren't made: those of units without a gradient, for one.
 */
export const largestAbsentKernel: BackendKernel = {
  name: 'XSparseLargestAbsent',
  run: ({ inputs, attrs, backend }) => {
    const { dz, x, pointers, indices } = inputs as Record<'dz' | 'x' | 'pointers' | 'indices', TensorInfo>;
    const { keep, count } = attrs as unknown as { keep: Uint8Array; count: number };
    const [batch, rows] = dz.shape as [number, number];
    const columns = x.shape[1] as number;
    const height = Math.min(rows, Math.max(1, Math.floor(TILE / columns)));
    const tile = height * columns;
    // So that a second tile fits where the sample let through about as many as it should.
    const room = 3 * count + tile;
    const words = [
      2 * room,
      2 * (rows + columns),
      room,
      tile,
      tile + 2 * height,
      tile + 2 * height,
      2 * height,
      1,
      rows,
      batch * rows,
      Math.ceil(keep.length / 4),
    ];
    const at = { dz: backend.address(dz), x: backend.address(x), pointers: backend.address(pointers), indices: backend.address(indices) };
    return borrowed(
      backend,
      words.reduce((sum, size) => sum + size),
      (first) => {
        const [positions, squares, candidates, tile, sizes, places, spans, found, list, compact, flags] = words.map(
          (_, index) => first + 4 * words.slice(0, index).reduce((sum, size) => sum + size, 0),
        ) as [number, number, number, number, number, number, number, number, number, number, number];
        backend.heap.bytes.set(keep, flags);
        columnSquares(backend.kernels, { from: at.dz, rows: batch, columns: rows, to: squares });
        columnSquares(backend.kernels, { from: at.x, rows: batch, columns, to: squares + 8 * rows });
        const work = { height, tile, sizes, places, spans, found, candidates, positions, room, list, compact, squares };
        const output = backend.makeOutput([1 + count, 2], 'int32');
        const to = backend.address(output);
        backend.heap.words[to / 4] = search({ backend, ...at, batch, rows, columns, keep: flags, count, work, to: to + 8 });
        return output;
      },
    );
  },
};

function search(of: Search): number {
  for (const threshold of likelyThresholds(of)) {
    const found = above(of, threshold);
    if (found === of.count || threshold < 0) return found;
  }
  throw new Error('internal: the last threshold lets all through');
}

/** How many of the wanted largest are above a threshold; they come first among the candidates. */
function above({ backend, dz, x, batch, rows, columns, pointers, indices, keep, count, work, to }: Search, threshold: number): number {
  const { kernels, heap } = backend;
  const { height, tile, sizes, places, spans, found, candidates, positions, room, list, compact } = work;
  const shrink = (gathered: number, leftPositions = positions): number => {
    largest(kernels, { sizes: candidates, positions, count: gathered, k: count, left: found, leftPositions });
    return heap.words[found / 4] as number;
  };
  const chosen = rowsThatMatter(backend.heap, work, rows, columns, threshold);
  if (chosen < rows) takeColumns(kernels, { from: dz, rows: batch, columns: rows, to: compact, list, count: chosen });
  const a = chosen < rows ? compact : dz;
  let gathered = 0;
  for (let first = 0; first < chosen; first += height) {
    const own = Math.min(height, chosen - first);
    gemm(kernels, { a: a + 4 * first, b: x, c: tile, m: own, n: columns, k: batch, transposeA: true, lda: chosen });
    const call = { gradient: tile, pointers, indices, keep, rows: own, columns, threshold, sizes, places, spans, list: list + 4 * first };
    absentAbove(kernels, call);
    if (gathered + own * columns > room) gathered = shrink(gathered);
    gatherAbsent(kernels, call, { toSizes: candidates + 4 * gathered, toPositions: positions + 8 * gathered, found });
    gathered += heap.words[found / 4] as number;
  }
  return shrink(gathered, to);
}

/** Lists the rows in which there may be sizes above a threshold; returns how many. */
function rowsThatMatter({ bytes, words }: Heap, { squares, list }: Work, rows: number, columns: number, threshold: number): number {
  const all = new Float64Array(bytes.buffer, squares, rows + columns);
  const largestColumn = all.subarray(rows).reduce((most, square) => Math.max(most, square), 0);
  let chosen = 0;
  for (let row = 0; row < rows; row++) {
    // What is NaN is left to the products.
    if (threshold >= 0 && (all[row] as number) * largestColumn * ROUNDED < threshold * threshold) continue;
    words[list / 4 + chosen++] = row;
  }
  return chosen;
}

/** Sizes that about so many of the gradient's elements are above, for each of the attempts; -1 lets all through. */
function* likelyThresholds({ backend, dz, x, batch, rows, columns, count }: Search): Generator<number> {
  const [m, n] = [Math.min(SAMPLED[0], rows), Math.min(SAMPLED[1], columns)];
  for (const times of ATTEMPTS) {
    const rank = Math.ceil((times * count * m * n) / (rows * columns));
    const size = rank < m * n ? sampled(rank + 1) : 0;
    yield size > 0 ? size : -1;
  }

  function sampled(k: number): number {
    return borrowed(backend, (batch + 1) * (m + n) + m * n + 1, (room) => {
      const { kernels, heap } = backend;
      const [a, b] = [room, room + 4 * batch * m];
      const c = b + 4 * batch * n;
      const list = c + 4 * m * n;
      const to = list + 4 * (m + n);
      spread(heap.words, rows, m, list / 4);
      spread(heap.words, columns, n, list / 4 + m);
      takeColumns(kernels, { from: dz, rows: batch, columns: rows, to: a, list, count: m });
      takeColumns(kernels, { from: x, rows: batch, columns, to: b, list: list + 4 * m, count: n });
      gemm(kernels, { a, b, c, m, n, k: batch, transposeA: true });
      kthLargest(kernels, { values: c, count: m * n, k, to });
      return heap.floats[to / 4] as number;
    });
  }
}

/** So many of the features' numbers. */
function spread(words: Int32Array, features: number, chosen: number, to: number): void {
  for (let i = 0; i < chosen; i++) words[to + i] = Math.floor(((i + 0.5) * features) / chosen);
}
