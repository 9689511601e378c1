/** An array of numpy's `.npy` format: its element type, as numpy writes it (`<f4`, `<i8`, `|S3`), shape and bytes. */
export interface NpyArray {
  readonly type: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

const MAGIC = '\u0093NUMPY';

/**
 * Reads a `.npy` file, little-endian and in C order.
 *
 * @param where The function and the file, for errors.
 * @throws {RangeError} if it is none, or truncated.
 */
export function decodeNpy(where: string, file: Uint8Array): NpyArray {
  const text = (from: number, to: number): string => String.fromCharCode(...file.subarray(from, to));
  if (file.length < 10 || text(0, 6) !== MAGIC) throw new RangeError(`${where} is no .npy array; numpy's begin with \\x93NUMPY.`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const wide = file[6]! >= 2;
  const begin = wide ? 12 : 10;
  const end = begin + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  const header = text(begin, Math.min(end, file.length));
  const type = /'descr':\s*'([^']+)'/.exec(header)?.[1];
  const shape = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
  if (type === undefined || shape === undefined || end > file.length)
    throw new RangeError(`${where} has the header ${JSON.stringify(header)}, which tells no element type and shape.`);
  if (type.startsWith('>'))
    throw new RangeError(`${where} is of type '${type}', big-endian; save it with numpy on a little-endian machine.`);
  const sizes = shape.split(',').flatMap((size) => (size.trim() === '' ? [] : [Number(size)]));
  if (sizes.length > 1 && header.includes("'fortran_order': True"))
    throw new RangeError(`${where} is in Fortran's order; save numpy.ascontiguousarray of it.`);
  const length = sizes.reduce((product, size) => product * size, 1) * Number(/\d+$/.exec(type)?.[0] ?? NaN);
  if (file.length - end !== length)
    throw new RangeError(`${where} has ${file.length - end} bytes of data, but its type '${type}' and shape (${shape}) make ${length}.`);
  return { type, shape: sizes, bytes: file.slice(end) };
}

/** A `.npy` file, version 1.0. */
export function encodeNpy({ type, shape, bytes }: NpyArray): Uint8Array {
  const dictionary = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  // The data begin at a multiple of 64, as numpy has it.
  const header = `${dictionary.padEnd(Math.ceil((10 + dictionary.length + 1) / 64) * 64 - 11)}\n`;
  const file = new Uint8Array(10 + header.length + bytes.length);
  file.set(Uint8Array.from(`${MAGIC}\u0001\u0000`, (letter) => letter.charCodeAt(0)));
  new DataView(file.buffer).setUint16(8, header.length, true);
  file.set(
    Uint8Array.from(header, (letter) => letter.charCodeAt(0)),
    10,
  );
  file.set(bytes, 10 + header.length);
  return file;
}
