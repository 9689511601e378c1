import { keep, tensor1d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { NmPieces } from '../../kernels/sparse/nm.ts';
import { checkNumber, describe } from '../arguments.ts';
import { hasKernel, runKernel } from '../kernel.ts';

/** A pattern on the device: by rows, and by columns with the place of each non-zero's value. */
export interface CsrTensors {
  readonly pointers: Tensor;
  readonly indices: Tensor;
  readonly acrossPointers: Tensor;
  readonly acrossIndices: Tensor;
  readonly permutation: Tensor;
}

/**
 * Which elements of a matrix [rows, columns] may differ from 0, in compressed rows (CSR): the non-zeros of row r are
 * those from `pointers[r]` to `pointers[r + 1]`, and non-zero q is in column `indices[q]`. It is never changed; another
 * topology is another pattern. Their values are a tensor of their own, so that they train like any variable.
 */
export class CsrPattern {
  readonly rows: number;
  readonly columns: number;
  readonly nonZeros: number;
  #pointers: Int32Array | undefined;
  #indices: Int32Array | undefined;
  /** What the kernels find out at the first product: how regular it is, as N:M patterns are; null if it isn't. */
  pieces: NmPieces | null | undefined;
  #tensors: CsrTensors | undefined;
  /** The rows, where they were given as tensors. */
  readonly #given: Pick<CsrTensors, 'pointers' | 'indices'> | undefined;
  #disposed = false;

  /** Unchecked, from arrays, or from int32 tensors on the device that it reads back when somebody asks for the arrays; it owns either then. */
  constructor(rows: number, columns: number, pointers: Int32Array | Tensor, indices: Int32Array | Tensor) {
    this.rows = rows;
    this.columns = columns;
    if (pointers instanceof Int32Array && indices instanceof Int32Array) {
      this.nonZeros = indices.length;
      this.#pointers = pointers;
      this.#indices = indices;
      this.prepare();
    } else {
      this.nonZeros = (indices as Tensor).size;
      this.#given = { pointers: keep(pointers as Tensor), indices: keep(indices as Tensor) };
    }
  }

  get pointers(): Int32Array {
    return (this.#pointers ??= this.#read('pointers'));
  }

  get indices(): Int32Array {
    return (this.#indices ??= this.#read('indices'));
  }

  get isDisposed(): boolean {
    return this.#disposed;
  }

  /** The pattern as tensors, for the kernels; five, kept until {@link dispose}. */
  onDevice(): CsrTensors {
    if (this.#disposed) throw new Error('The sparse pattern is disposed; use that of the layer as it is now.');
    return (this.#tensors ??= tidy(() => {
      const { pointers, indices } = this.#given ?? { pointers: tensor1d(this.pointers, 'int32'), indices: tensor1d(this.indices, 'int32') };
      return withColumns(this.rows, this.columns, pointers, indices);
    }));
  }

  /** Makes the tensors now, where there are kernels that need them, and not at the first product. */
  prepare(): void {
    if (hasKernel('XSparseLinear')) this.onDevice();
  }

  #read(part: 'pointers' | 'indices'): Int32Array {
    if (this.#given && !this.#disposed) return this.#given[part].dataSync() as Int32Array;
    throw new Error(`The sparse pattern is disposed, and its ${part} were not read before; use that of the layer as it is now.`);
  }

  /** Frees the tensors; may be called again. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const tensor of Object.values(this.#tensors ?? this.#given ?? {})) tensor.dispose();
    this.#tensors = undefined;
  }
}

/** The tensors of a pattern, kept. */
function withColumns(rows: number, columns: number, pointers: Tensor, indices: Tensor) {
  const across = runKernel<Tensor[]>('XTransposeCsr', { pointers, indices }, { rows, columns });
  const [acrossPointers, acrossIndices, permutation] = across as [Tensor, Tensor, Tensor];
  const tensors = { pointers, indices, acrossPointers, acrossIndices, permutation };
  for (const tensor of Object.values(tensors)) keep(tensor);
  return tensors;
}

/**
 * A pattern from its compressed rows, checked. It keeps copies of both arrays.
 *
 * @param pointers rows + 1 numbers, from 0 to the count of non-zeros, never falling.
 * @param indices The columns, rising within each row.
 * @throws {TypeError | RangeError} if they are anything else, naming the row.
 * @example
 * const pattern = csrPattern(2, 3, Int32Array.of(0, 2, 3), Int32Array.of(0, 2, 1)); // x . x / . x .
 */
export function csrPattern(rows: number, columns: number, pointers: Int32Array, indices: Int32Array): CsrPattern {
  const where = 'csrPattern';
  checkNumber(where, 'rows', rows, { least: 0, whole: true });
  checkNumber(where, 'columns', columns, { least: 0, whole: true });
  for (const [name, value] of Object.entries({ pointers, indices }))
    if (!(value instanceof Int32Array))
      throw new TypeError(`${where}: ${name} is ${describe(value)}, but must be an Int32Array; use Int32Array.from(${name}).`);
  if (pointers.length !== rows + 1)
    throw new RangeError(
      `${where}: pointers has ${pointers.length} numbers, but ${rows} rows need ${rows + 1}: where each begins, and where the last ends.`,
    );
  if (pointers[0] !== 0 || pointers[rows] !== indices.length)
    throw new RangeError(
      `${where}: pointers go from ${pointers[0]} to ${pointers[rows]}, but must go from 0 to the count of indices, ${indices.length}.`,
    );
  for (let row = 0; row < rows; row++) checkRow(where, row, columns, pointers, indices);
  return new CsrPattern(rows, columns, pointers.slice(), indices.slice());
}

function checkRow(where: string, row: number, columns: number, pointers: Int32Array, indices: Int32Array): void {
  const begin = pointers[row] as number;
  const end = pointers[row + 1] as number;
  if (end < begin || end > indices.length)
    throw new RangeError(
      `${where}: pointers[${row + 1}] is ${end} after ${begin}, but pointers may not fall, nor exceed the count of indices.`,
    );
  let last = -1;
  for (let q = begin; q < end; q++) {
    const column = indices[q] as number;
    if (column < 0 || column >= columns)
      throw new RangeError(`${where}: indices[${q}] in row ${row} is ${column}, but must be from 0 to ${columns - 1}.`);
    if (column <= last)
      throw new RangeError(
        `${where}: indices[${q}] in row ${row} is ${column} after ${last}, but a row's columns must rise, each once; sort them and join repeated ones.`,
      );
    last = column;
  }
}

/** @throws {TypeError | Error} unless the argument is a live pattern. */
export function checkPattern(where: string, value: unknown): asserts value is CsrPattern {
  if (!(value instanceof CsrPattern))
    throw new TypeError(`${where}: pattern is ${describe(value)}, but must be a sparse pattern; make one with csrPattern().`);
  if (value.isDisposed) throw new Error(`${where}: pattern is disposed; use that of the layer as it is now.`);
}
