import { GgufError } from './gguf-error.ts';

/** Strings longer than this are refused, whatever the file says. */
const MOST_STRING = 10_000_000;

/** Reads values one after another, none beyond the end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.length - this.at;
  }

  /** Moves on by so many bytes, and returns where they began. */
  take(bytes: number, what: string): number {
    if (bytes > this.left)
      throw new GgufError(
        `${what} at byte ${this.at} would be ${bytes} bytes long, but ${this.left} are left: the file is truncated or no GGUF file.`,
      );
    const begin = this.at;
    this.at += bytes;
    return begin;
  }

  u8(what: string): number {
    return this.#view.getUint8(this.take(1, what));
  }

  i8(what: string): number {
    return this.#view.getInt8(this.take(1, what));
  }

  u16(what: string): number {
    return this.#view.getUint16(this.take(2, what), true);
  }

  i16(what: string): number {
    return this.#view.getInt16(this.take(2, what), true);
  }

  u32(what: string): number {
    return this.#view.getUint32(this.take(4, what), true);
  }

  i32(what: string): number {
    return this.#view.getInt32(this.take(4, what), true);
  }

  f32(what: string): number {
    return this.#view.getFloat32(this.take(4, what), true);
  }

  f64(what: string): number {
    return this.#view.getFloat64(this.take(8, what), true);
  }

  u64(what: string): bigint {
    return this.#view.getBigUint64(this.take(8, what), true);
  }

  i64(what: string): bigint {
    return this.#view.getBigInt64(this.take(8, what), true);
  }

  /** A count or size, which must be at most something that the file has room for. */
  count(what: string, most: number): number {
    const value = this.u64(what);
    if (value > BigInt(most)) throw new GgufError(`${what} is ${value}, but at most ${most} fit into what is left of the file.`);
    return Number(value);
  }

  string(what: string): string {
    const length = this.count(`the length of ${what}`, Math.min(this.left - 8, MOST_STRING));
    const begin = this.take(length, what);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.#bytes.subarray(begin, begin + length));
    } catch (error) {
      throw new GgufError(`${what} at byte ${begin} is no UTF-8.`, { cause: error });
    }
  }
}
