import { dispose, keep, tensor1d, tidy, Tensor } from '@tensorflow/tfjs-core';
import { nearestEven } from '../../kernels/reference/quant/rounding.ts';
import { checkNumber, describe } from '../arguments.ts';
import { wordsOf } from '../quant/quantized-tensor.ts';
import { checkPattern, type CsrPattern } from './csr-pattern.ts';

/** A sparse matrix of integers on the device. */
export interface QuantizedCsrTensors {
  readonly pointers: Tensor;
  readonly indices: Tensor;
  /** Values as float32, where their sums are exact in it; otherwise int32 words of four values each. */
  readonly values: Tensor;
  readonly scales: Tensor;
  /** Each row's sum of values. */
  readonly sums: Tensor;
}

/** Most non-zeros of a row, so that no sum of products of 8-bit integers overflows 32 bits. */
const MOST_A_ROW = 2 ** 17;

/**
 * A sparse matrix S [rows, columns] of 8-bit integers with a scale a row: the non-zeros of row r are scales[r] · values[q], and where they
 * are is as in a {@link CsrPattern}. It never changes, and owns five tensors.
 */
export class QuantizedCsr {
  readonly rows: number;
  readonly columns: number;
  readonly pointers: Int32Array;
  readonly indices: Int32Array;
  readonly values: Int8Array;
  readonly scales: Float32Array;
  #tensors: QuantizedCsrTensors | undefined;
  #fits: boolean | undefined;
  #disposed = false;

  constructor({ rows, columns, pointers, indices }: Omit<CsrPattern, 'nonZeros'>, values: Int8Array, scales: Float32Array) {
    this.rows = rows;
    this.columns = columns;
    this.pointers = pointers;
    this.indices = indices;
    this.values = values;
    this.scales = scales;
  }

  get nonZeros(): number {
    return this.indices.length;
  }

  /** Whether any sum of products with 8-bit integers is a whole number that float32 holds, so that its multiply-adds are exact in any order. */
  get sumsFitFloat32(): boolean {
    return (this.#fits ??= Array.from({ length: this.rows }, (_, row) =>
      this.values.subarray(this.pointers[row], this.pointers[row + 1]).reduce((sum, value) => sum + Math.abs(value), 0),
    ).every((sum) => 255 * sum <= 2 ** 24));
  }

  get isDisposed(): boolean {
    return this.#disposed;
  }

  /** Bytes that a file of it needs: a byte a value, 4 a scale, and of its pattern 4 a row and 2 a column's number, or 4 of more than 65,536. */
  get bytes(): number {
    return this.values.length + 4 * (this.scales.length + this.pointers.length) + (this.columns > 65536 ? 4 : 2) * this.indices.length;
  }

  /** The matrix as tensors, for the kernels, kept until {@link dispose}. */
  onDevice(): QuantizedCsrTensors {
    if (this.#disposed) throw new Error('The quantized sparse matrix is disposed; dispose it only after its last use.');
    return (this.#tensors ??= tidy(() => {
      const { pointers, values } = this;
      const sums = Int32Array.from({ length: this.rows }, (_, row) =>
        values.subarray(pointers[row], pointers[row + 1]).reduce((sum, value) => sum + value, 0),
      );
      const held = (of: Int32Array | Float32Array, dtype: 'int32' | 'float32'): Tensor => keep(tensor1d(of, dtype));
      return {
        pointers: held(pointers, 'int32'),
        indices: held(this.indices, 'int32'),
        values: this.sumsFitFloat32
          ? held(Float32Array.from(values), 'float32')
          : held(wordsOf(new Uint8Array(values.buffer, values.byteOffset, values.length)), 'int32'),
        scales: held(this.scales, 'float32'),
        sums: held(sums, 'int32'),
      };
    }));
  }

  /** Frees the tensors; may be called again. */
  dispose(): void {
    this.#disposed = true;
    if (this.#tensors) dispose(Object.values(this.#tensors));
    this.#tensors = undefined;
  }
}

/**
 * The non-zeros of a sparse matrix as 8-bit integers: q = round(value / scale), ties to even, scale = the largest size of the row / 127.
 * Another pattern of the layer later on changes nothing here.
 *
 * @param values float32[at least nonZeros], the non-zeros' values row by row.
 * @throws {TypeError | RangeError} if there are too few, one is NaN or infinite (the row is named), or a row has more than 131,072.
 * @example
 * const s = quantizeCsr(Float32Array.of(1, -2, 3), csrPattern(2, 3, Int32Array.of(0, 2, 3), Int32Array.of(0, 2, 1)));
 * s.values; // => Int8Array [64, -127, 127]
 */
export function quantizeCsr(values: Tensor | Float32Array, pattern: CsrPattern): QuantizedCsr {
  const where = 'quantizeCsr';
  checkPattern(where, pattern);
  const { rows, nonZeros, pointers } = pattern;
  const numbers = values instanceof Tensor ? values.dataSync() : values;
  if (!(numbers instanceof Float32Array) || numbers.length < nonZeros)
    throw new RangeError(`${where}: values is ${describe(values)}, but must hold float32 for each of the pattern's ${nonZeros} non-zeros.`);
  const integers = new Int8Array(nonZeros);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const [begin, end] = [pointers[row] as number, pointers[row + 1] as number];
    checkNumber(where, `the count of non-zeros of row ${row}`, end - begin, { most: MOST_A_ROW });
    let largest = 0;
    for (let q = begin; q < end; q++) {
      const value = numbers[q] as number;
      if (!Number.isFinite(value)) throw new RangeError(`${where}: values has ${value} in row ${row}, which no integer stands for.`);
      largest = Math.max(largest, Math.abs(value));
    }
    const scale = Math.fround(largest / 127) || 1;
    scales[row] = scale;
    for (let q = begin; q < end; q++) integers[q] = Math.min(Math.max(nearestEven(Math.fround((numbers[q] as number) / scale)), -127), 127);
  }
  return new QuantizedCsr(pattern, integers, scales);
}
