import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** What is wrong with the bytes of a message. */
export class WireError extends Error {}

/** Reads the value of a field; the reader stands at its first byte. */
export type FieldReader = (reader: BinaryReader, type: WireType) => void;

/** Reads a protobuf message: calls what is given for each number of a field and skips the others. */
export function readFields(what: string, bytes: Uint8Array, fields: Readonly<Record<number, FieldReader>>): void {
  const reader = new BinaryReader(bytes);
  try {
    while (reader.pos < reader.len) {
      const [number, type] = reader.tag();
      const read = fields[number];
      if (read) read(reader, type);
      else reader.skip(type, number);
      // A number of fixed width at the very end is read without a look at the bounds.
      if (reader.pos > reader.len) throw new RangeError('premature EOF');
    }
  } catch (error) {
    if (error instanceof WireError) throw error;
    throw new WireError(
      `${what} is no whole protobuf message, at byte ${Math.min(reader.pos, reader.len)} of its ${reader.len}: ${(error as Error).message}; the file is truncated or isn't ONNX`,
    );
  }
}

export function bytesField(use: (bytes: Uint8Array) => void): FieldReader {
  return (reader, type) => {
    if (type !== WireType.LengthDelimited) throw new WireError(`a field has wire type ${type}, expected bytes`);
    use(reader.bytes());
  };
}

export function textField(use: (text: string) => void): FieldReader {
  return bytesField((bytes) => use(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
}

/** Whole numbers, one by one or packed. */
export function integerField(use: (value: number) => void): FieldReader {
  return (reader, type) => {
    if (type === WireType.Varint) return use(Number(reader.int64()));
    if (type !== WireType.LengthDelimited) throw new WireError(`a field has wire type ${type}, expected whole numbers`);
    const packed = new BinaryReader(reader.bytes());
    while (packed.pos < packed.len) use(Number(packed.int64()));
  };
}
