import { checkNumber, describe } from '../arguments.ts';
import { csrPattern, type CsrPattern } from './csr-pattern.ts';

/**
 * Which blocks of a matrix [rows, columns] may differ from 0, all of one size (BSR). The values of a block lie side by
 * side, row by row, and the blocks one after another, block row by block row.
 */
export class BsrPattern {
  readonly rows: number;
  readonly columns: number;
  /** Rows and columns of a block. */
  readonly block: readonly [height: number, width: number];
  /** Which blocks there are, as a pattern of one element a block. */
  readonly grid: CsrPattern;

  constructor(block: readonly [height: number, width: number], grid: CsrPattern) {
    this.rows = grid.rows * block[0];
    this.columns = grid.columns * block[1];
    this.block = [block[0], block[1]];
    this.grid = grid;
  }

  get nonZeros(): number {
    return this.grid.nonZeros * this.block[0] * this.block[1];
  }

  get isDisposed(): boolean {
    return this.grid.isDisposed;
  }

  /** Frees the tensors; may be called again. */
  dispose(): void {
    this.grid.dispose();
  }
}

/**
 * A pattern of blocks from its compressed block rows, checked. It keeps both arrays: don't write to them afterwards.
 *
 * @param block Rows and columns of a block; any sizes that divide the matrix. 4x4 and 16x16 are fastest, then 4x1 and 1x4.
 * @param pointers rows / height + 1 numbers, from 0 to the count of blocks, never falling.
 * @param indices The blocks' columns, counted in blocks, rising within each block row.
 * @throws {TypeError | RangeError} if they are anything else.
 * @example
 * const pattern = bsrPattern(8, 8, [4, 4], Int32Array.of(0, 1, 2), Int32Array.of(1, 0)); // . x / x .
 * pattern.nonZeros; // => 32
 */
export function bsrPattern(
  rows: number,
  columns: number,
  block: readonly [height: number, width: number],
  pointers: Int32Array,
  indices: Int32Array,
): BsrPattern {
  const where = 'bsrPattern';
  checkNumber(where, 'rows', rows, { least: 0, whole: true });
  checkNumber(where, 'columns', columns, { least: 0, whole: true });
  if (!Array.isArray(block) || block.length !== 2)
    throw new TypeError(`${where}: block is ${describe(block)}, but must be [height, width], such as [4, 4].`);
  const [height, width] = block as readonly [number, number];
  checkNumber(where, 'block[0]', height, { least: 1, whole: true });
  checkNumber(where, 'block[1]', width, { least: 1, whole: true });
  if (rows % height !== 0 || columns % width !== 0)
    throw new RangeError(
      `${where}: a matrix [${rows}, ${columns}] can't be cut into blocks of ${height} x ${width}; its sizes must be multiples of the block's.`,
    );
  return new BsrPattern([height, width], csrPattern(rows / height, columns / width, pointers, indices));
}

/** @throws {TypeError | Error} unless the argument is a live pattern of blocks. */
export function checkBsrPattern(where: string, value: unknown): asserts value is BsrPattern {
  if (!(value instanceof BsrPattern))
    throw new TypeError(`${where}: pattern is ${describe(value)}, but must be a pattern of blocks; make one with bsrPattern().`);
  if (value.isDisposed) throw new Error(`${where}: pattern is disposed; use that of the layer as it is now.`);
}
