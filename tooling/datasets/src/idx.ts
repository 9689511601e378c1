export interface IdxArray {
  /** Sizes, outermost first. */
  readonly shape: readonly number[];
  /** The elements in row-major order: a view of the bytes given. */
  readonly data: Uint8Array;
}

const unsignedByte = 0x08;

/**
 * Parses the IDX format of MNIST: two zero bytes, the element type, the number of dimensions, each size as a
 * big-endian uint32, then the elements. Only unsigned bytes are read, the type of all the MNIST family.
 *
 * @param name names the file in errors.
 * @throws Error when the magic number or type is another, or there are more or fewer bytes than the header says.
 */
export function parseIdx(bytes: Uint8Array, name = 'the file'): IdxArray {
  if (bytes.length < 4) throw new Error(`${name} is truncated: ${bytes.length} bytes, but an IDX header has at least 4.`);
  const [zero0, zero1, type, rank] = bytes as unknown as [number, number, number, number];
  if (zero0 !== 0 || zero1 !== 0) {
    const gzip = zero0 === 0x1f && zero1 === 0x8b ? ' These are the first bytes of a gzip file: decompress it first.' : '';
    throw new Error(`${name} is not an IDX file: it starts with ${hex(zero0)} ${hex(zero1)}, not 00 00.${gzip}`);
  }
  if (type !== unsignedByte) throw new Error(`${name} holds elements of IDX type ${hex(type)}; only unsigned bytes (08) are supported.`);
  if (rank === 0) throw new Error(`${name} has no dimensions.`);
  const header = 4 + 4 * rank;
  if (bytes.length < header) throw new Error(`${name} is truncated: ${bytes.length} bytes, but its header has ${header}.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  const found = bytes.length - header;
  if (found !== size) {
    throw new Error(
      `${name} ${found < size ? 'is truncated' : 'is too long'}: shape [${shape}] needs ${size} bytes after the header, found ${found}.`,
    );
  }
  return { shape, data: bytes.subarray(header) };
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
