import { checkMatrix } from './check-matrix.ts';
import { csrPattern, type CsrPattern } from '@x/tensor/sparse';
import { checkOptions } from '@x/tensor/arguments';
import { checkArray, checkChoice, checkNumber, checkObject, show } from '../validation.ts';

/** A sparse matrix: where its non-zeros are, and their values row by row. */
export interface SparseMatrix {
  readonly pattern: CsrPattern;
  readonly values: Float32Array;
}

/** A sparse matrix as triples, in any order. */
export interface Coordinates {
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float32Array;
}

/**
 * A sparse matrix from triples in any order; values at one place are added, or refused.
 *
 * @param shape [rows, columns] of the matrix.
 * @param repeated What to do with several values at one place. Default `add`.
 * @throws {RangeError} if the arrays differ in length, a place is outside the matrix, or one is repeated and may not be.
 */
export function fromCoordinates(
  shape: readonly [number, number],
  given: Coordinates,
  options: { readonly repeated?: 'add' | 'refuse' } = {},
): SparseMatrix {
  const { repeated = 'add' } = checkOptions('fromCoordinates', options);
  checkArray('fromCoordinates', 'shape', shape);
  const [rows, columns] = shape;
  checkObject('fromCoordinates', 'given', given, ['rows', 'columns', 'values']);
  const where = 'fromCoordinates';
  checkNumber(where, 'rows', rows, { least: 0, whole: true });
  checkNumber(where, 'columns', columns, { least: 0, whole: true });
  checkChoice(where, 'repeated', repeated, ['add', 'refuse']);
  const count = given.values.length;
  if (given.rows.length !== count || given.columns.length !== count)
    throw new RangeError(
      `${where}: there are ${given.rows.length} rows, ${given.columns.length} columns and ${count} values, but there must be as many of each.`,
    );
  for (let i = 0; i < count; i++) {
    if (!(given.rows[i]! >= 0 && given.rows[i]! < rows && given.columns[i]! >= 0 && given.columns[i]! < columns))
      throw new RangeError(
        `${where}: triple ${i} is at [${given.rows[i]}, ${given.columns[i]}], outside the matrix ${show([rows, columns])}.`,
      );
  }
  const order = Int32Array.from({ length: count }, (_, i) => i).sort(
    (a, b) => given.rows[a]! - given.rows[b]! || given.columns[a]! - given.columns[b]! || a - b,
  );
  const pointers = new Int32Array(rows + 1);
  const indices: number[] = [];
  const values: number[] = [];
  let last = -1;
  for (const i of order) {
    const position = given.rows[i]! * columns + given.columns[i]!;
    if (position === last) {
      if (repeated === 'refuse')
        throw new RangeError(
          `${where}: triple ${i} repeats the place [${given.rows[i]}, ${given.columns[i]}]; join the values or set { repeated: 'add' }.`,
        );
      values[values.length - 1]! += given.values[i]!;
      continue;
    }
    last = position;
    indices.push(given.columns[i]!);
    values.push(given.values[i]!);
    pointers[given.rows[i]! + 1]!++;
  }
  for (let row = 0; row < rows; row++) pointers[row + 1]! += pointers[row]!;
  return { pattern: csrPattern(rows, columns, pointers, Int32Array.from(indices)), values: Float32Array.from(values) };
}

/** The triples of a sparse matrix, row by row. */
export function toCoordinates(matrix: SparseMatrix): Coordinates {
  checkMatrix('toCoordinates', 'matrix', matrix);
  const {
    pattern: { rows, pointers, indices },
    values,
  } = matrix;
  const rowOf = new Int32Array(indices.length);
  for (let row = 0; row < rows; row++) rowOf.fill(row, pointers[row], pointers[row + 1]);
  return { rows: rowOf, columns: indices.slice(), values: values.slice(0, indices.length) };
}

/**
 * The non-zeros of a dense matrix, row-major; NaN counts as one.
 *
 * @throws {RangeError} if there are not rows · columns values.
 */
export function fromDense(shape: readonly [number, number], dense: Float32Array): SparseMatrix {
  checkArray('fromDense', 'shape', shape);
  const [rows, columns] = shape;
  checkArray('fromDense', 'dense', dense);
  if (dense.length !== rows * columns)
    throw new RangeError(`fromDense: there are ${dense.length} values, but [${rows}, ${columns}] has ${rows * columns}.`);
  const places = [...dense.keys()].filter((position) => dense[position] !== 0);
  const of = (part: (position: number) => number): Int32Array => Int32Array.from(places, part);
  return fromCoordinates([rows, columns], {
    rows: of((p) => Math.floor(p / columns)),
    columns: of((p) => p % columns),
    values: Float32Array.from(places, (p) => dense[p]!),
  });
}
