import { unzipSync, zipSync, type UnzipFileInfo } from 'fflate';
import { csrPattern } from '@x/tensor/sparse';
import { checkMatrix } from '../pattern/check-matrix.ts';
import { fromCoordinates, type SparseMatrix } from '../pattern/interchange.ts';
import { show } from '../validation.ts';
import { decodeNpy, encodeNpy, type NpyArray } from './npy.ts';

/**
 * A sparse matrix from a file of scipy's `save_npz`: csr, csc or coo, of float32, float64 or integers; values become
 * float32. Columns may be in any order; repeated places are added, as scipy does.
 *
 * A small file that would become a large one is refused before it does: no array may be larger than the matrix's shape and its count of
 * non-zeros make it, nor larger than 100 times the file and 256 MiB.
 *
 * @param file The `.npz` file's bytes.
 * @returns The matrix, whose pattern the caller owns.
 * @throws {RangeError} if it is no such file, or a place is outside the matrix.
 * @example
 * const matrix = decodeScipyNpz(await readFile('matrix.npz'));
 * const layer = sparseLinear(columns, rows, { pattern: matrix.pattern, init: () => matrix.values, key });
 */
export function decodeScipyNpz(file: Uint8Array): SparseMatrix {
  const where = 'decodeScipyNpz';
  const sizes = unzippedSizes(where, file);
  /** An array of so many elements at most. */
  const array = (name: string, most = Infinity): NpyArray => {
    const member = `${name}.npy`;
    const bytes = sizes.get(member);
    if (bytes === undefined)
      throw new RangeError(
        `${where}: the file has no ${member}, but ${[...sizes.keys()].join(', ') || 'nothing'}; save it with scipy.sparse.save_npz.`,
      );
    const limit = Math.min(HEADER + LARGEST * most, Math.max(SMALL, MOST_COMPRESSED * file.length));
    if (bytes > limit)
      throw new RangeError(
        `${where}: ${member} would have ${bytes} bytes once unzipped, but at most ${limit} in this file; it isn't read. Save a matrix that compresses so well with { compressed: false }.`,
      );
    return decodeNpy(`${where}: ${member}`, unzip(where, file, member));
  };
  const numbers = (name: string, most?: number): Float64Array => numbersOf(`${where}: ${name}.npy`, array(name, most));
  const indices = (name: string, most?: number): Int32Array => wholeNumbers(`${where}: ${name}.npy`, numbers(name, most));
  const format = String.fromCharCode(...array('format', 3).bytes).replaceAll('\0', '');
  const shape = numbers('shape', 2);
  if (shape.length !== 2) throw new RangeError(`${where}: shape.npy is ${show([...shape])}, but must have two sizes.`);
  const [rows, columns] = wholeNumbers(`${where}: shape.npy`, shape) as unknown as [number, number];
  if (format === 'coo') {
    const values = Float32Array.from(numbers('data'));
    const places = { rows: indices('row', values.length), columns: indices('col', values.length) };
    return fromCoordinates([rows, columns], { ...places, values });
  }
  if (format !== 'csr' && format !== 'csc')
    throw new RangeError(`${where}: the matrix is in the format ${show(format)}, but must be csr, csc or coo; convert it with .tocsr().`);
  const lines = format === 'csr' ? rows : columns;
  const pointers = indices('indptr', lines + 1);
  const values = Float32Array.from(numbers('data', pointers.at(-1)));
  const major = expand(where, lines, pointers, values.length);
  const minor = indices('indices', values.length);
  return fromCoordinates(
    [rows, columns],
    format === 'csr' ? { rows: major, columns: minor, values } : { rows: minor, columns: major, values },
  );
}

/**
 * A file that scipy's `load_npz` reads as a csr_matrix of float32.
 *
 * @throws {RangeError} if there are not as many values as non-zeros.
 */
export function encodeScipyNpz(matrix: SparseMatrix): Uint8Array {
  checkMatrix('encodeScipyNpz', 'matrix', matrix);
  const { pattern, values } = matrix;
  const { rows, columns, pointers, indices } = pattern;
  if (values.length < indices.length)
    throw new RangeError(`encodeScipyNpz: there are ${values.length} values for ${indices.length} non-zeros; give one for each.`);
  // Checks it as any pattern from outside.
  csrPattern(rows, columns, pointers, indices).dispose();
  const of = (type: string, array: Int32Array | Float32Array): Uint8Array =>
    encodeNpy({ type, shape: [array.length], bytes: new Uint8Array(array.buffer, array.byteOffset, array.byteLength) });
  return zipSync({
    'indices.npy': of('<i4', indices),
    'indptr.npy': of('<i4', pointers),
    'format.npy': encodeNpy({ type: '|S3', shape: [], bytes: Uint8Array.of(...[...'csr'].map((letter) => letter.charCodeAt(0))) }),
    'shape.npy': encodeNpy({ type: '<i8', shape: [2], bytes: new Uint8Array(BigInt64Array.of(BigInt(rows), BigInt(columns)).buffer) }),
    'data.npy': of('<f4', values.subarray(0, indices.length)),
  });
}

/** Bytes of a `.npy` file's header, and of the largest element: more than they are. */
const [HEADER, LARGEST] = [4096, 16];
/** Of this size an array may be whatever the file's; a larger one at most so many times as large as the file. */
const [SMALL, MOST_COMPRESSED] = [2 ** 28, 100];

/** What each member of the file says that it will have. */
function unzippedSizes(where: string, file: Uint8Array): Map<string, number> {
  const sizes = new Map<string, number>();
  unzipped(where, file, ({ name, originalSize }) => {
    sizes.set(name, originalSize);
    return false;
  });
  return sizes;
}

/** One member, with room for no more than it says. */
function unzip(where: string, file: Uint8Array, member: string): Uint8Array {
  return unzipped(where, file, ({ name }) => name === member)[member] as Uint8Array;
}

function unzipped(where: string, file: Uint8Array, filter: (file: UnzipFileInfo) => boolean): Record<string, Uint8Array> {
  try {
    return unzipSync(file, { filter });
  } catch (error) {
    throw new RangeError(`${where}: the file can't be unzipped (${(error as Error).message}); give the bytes of an .npz file.`, {
      cause: error,
    });
  }
}

function numbersOf(where: string, { type, bytes }: NpyArray): Float64Array {
  const { buffer, byteOffset: at, byteLength } = bytes.slice();
  switch (type) {
    case '<f4':
      return Float64Array.from(new Float32Array(buffer, at, byteLength / 4));
    case '<f8':
      return new Float64Array(buffer, at, byteLength / 8);
    case '<i4':
      return Float64Array.from(new Int32Array(buffer, at, byteLength / 4));
    case '<i8':
      return Float64Array.from(new BigInt64Array(buffer, at, byteLength / 8), Number);
    default:
      throw new RangeError(`${where} is of type '${type}', but must be <f4, <f8, <i4 or <i8; convert it with .astype(numpy.float32).`);
  }
}

/** @throws {RangeError} unless all are whole and from 0 to 2^31 - 1. */
function wholeNumbers(where: string, numbers: Float64Array): Int32Array {
  const whole = Int32Array.from(numbers);
  const wrong = whole.findIndex((number, i) => number !== numbers[i] || number < 0);
  if (wrong >= 0) throw new RangeError(`${where} has ${numbers[wrong]} at ${wrong}, but must have whole numbers from 0 to 2147483647.`);
  return whole;
}

/** The row of each non-zero, from where the rows begin. */
function expand(where: string, count: number, pointers: Int32Array, nonZeros: number): Int32Array {
  if (pointers.length !== count + 1 || pointers[0] !== 0 || pointers[count] !== nonZeros)
    throw new RangeError(
      `${where}: indptr.npy has ${pointers.length} numbers from ${pointers[0]} to ${pointers.at(-1)}, but must have ${count + 1}, from 0 to the count of data, ${nonZeros}.`,
    );
  const major = new Int32Array(nonZeros);
  for (let row = 0; row < count; row++) {
    const [begin, end] = [pointers[row]!, pointers[row + 1]!];
    if (end < begin) throw new RangeError(`${where}: indptr.npy falls from ${begin} to ${end} at ${row + 1}, but may not.`);
    major.fill(row, begin, end);
  }
  return major;
}
