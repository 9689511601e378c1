/** A field's number and what is in it: a whole number, a float in an object, text, bytes of a message, or many of one of these. */
export type Field = readonly [number: number, value: FieldValue | readonly FieldValue[] | undefined];
type FieldValue = number | { readonly float: number } | string | Uint8Array;

const VARINT = 0;
const LENGTH = 2;
const FIXED32 = 5;

/** The bytes of a protobuf message; fields of undefined are left out. */
export function message(fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  for (const [number, value] of fields) {
    if (value === undefined) continue;
    for (const one of (Array.isArray(value) ? value : [value]) as readonly FieldValue[]) parts.push(...encoded(number, one));
  }
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function encoded(number: number, value: FieldValue): Uint8Array[] {
  if (typeof value === 'number') return [varint(number * 8 + VARINT), varint(value)];
  if (typeof value === 'string') return encoded(number, new TextEncoder().encode(value));
  if (value instanceof Uint8Array) return [varint(number * 8 + LENGTH), varint(value.length), value];
  return [varint(number * 8 + FIXED32), new Uint8Array(Float32Array.of(value.float).buffer)];
}

/** A whole number, seven bits a byte; negative ones as 64-bit two's complement. */
function varint(value: number): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}
