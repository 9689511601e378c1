import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { OnnxError } from './onnx-error.ts';

/** Reads the value of a field; the reader stands at its first byte. */
export type FieldReader = (reader: BinaryReader, type: WireType) => void;

/**
 * Reads a protobuf message: calls what is given for each number of a field, and skips the others.
 *
 * @throws {OnnxError} if the bytes are no message, or a field's value isn't.
 */
export function readFields(what: string, bytes: Uint8Array, fields: Readonly<Record<number, FieldReader>>): void {
  const reader = new BinaryReader(bytes);
  try {
    while (reader.pos < reader.len) {
      const [number, type] = reader.tag();
      const read = fields[number];
      if (read) read(reader, type);
      else reader.skip(type, number);
      // Reading a number of fixed width at the very end doesn't look at the bounds.
      if (reader.pos > reader.len) throw new RangeError('premature EOF');
    }
  } catch (error) {
    if (error instanceof OnnxError) throw error;
    throw new OnnxError(
      'Malformed',
      `${what} is no whole protobuf message, at byte ${Math.min(reader.pos, reader.len)} of ${reader.len}: ${(error as Error).message}. The file is truncated or no ONNX file.`,
      { cause: error },
    );
  }
}

/** A field of bytes or of a message inside. */
export function asBytes(use: (bytes: Uint8Array) => void): FieldReader {
  return (reader, type) => {
    expectType(type, WireType.LengthDelimited);
    use(reader.bytes());
  };
}

export function asText(use: (text: string) => void): FieldReader {
  return asBytes((bytes) => use(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
}

/** A whole number that a double holds. */
export function asNumber(use: (value: number) => void): FieldReader {
  return (reader, type) => {
    expectType(type, WireType.Varint);
    use(Number(reader.int64()));
  };
}

/** A repeated number, packed or one by one. */
export function asNumbers<T>(width: WireType, read: (reader: BinaryReader) => T, use: (value: T) => void): FieldReader {
  return (reader, type) => {
    if (type !== WireType.LengthDelimited) {
      expectType(type, width);
      use(read(reader));
      return;
    }
    const packed = new BinaryReader(reader.bytes());
    while (packed.pos < packed.len) use(read(packed));
    if (packed.pos > packed.len) throw new RangeError('premature EOF');
  };
}

function expectType(type: WireType, expected: WireType): void {
  if (type !== expected) throw new TypeError(`a field has wire type ${type} instead of ${expected}`);
}
