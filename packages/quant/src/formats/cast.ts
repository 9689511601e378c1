import { checkArray, checkFormat } from '../validation.ts';
import { decodeFloat, encodeFloat, roundToFormat, type CastOptions, type FloatFormat } from './float-format.ts';
import { checkOptions } from '@x/tensor/arguments';

/** Codes of a format, in the smallest array that holds them; one code an element, not packed. */
export type Codes = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** Numbers as codes of a format. */
export function encodeFloats(values: ArrayLike<number>, format: FloatFormat, options: CastOptions = {}): Codes {
  checkOptions('encodeFloats', options);
  checkArray('encodeFloats', 'values', values);
  checkFormat('encodeFloats', 'format', format);
  const bits = 1 + format.exponentBits + format.mantissaBits;
  if (bits > 32) throw new RangeError(`encodeFloats: ${format.name} has ${bits} bits, but codes have at most 32; use roundFloats.`);
  const codes = bits <= 8 ? new Uint8Array(values.length) : bits <= 16 ? new Uint16Array(values.length) : new Uint32Array(values.length);
  for (let i = 0; i < values.length; i++) codes[i] = encodeFloat(values[i] as number, format, options);
  return codes;
}

/** The numbers of codes. */
export function decodeFloats(codes: ArrayLike<number>, format: FloatFormat): Float32Array<ArrayBuffer> {
  checkArray('decodeFloats', 'codes', codes);
  checkFormat('decodeFloats', 'format', format);
  const values = new Float32Array(codes.length);
  for (let i = 0; i < codes.length; i++) values[i] = decodeFloat(codes[i] as number, format);
  return values;
}

/** What storing numbers in a format would leave of them, one by one in JavaScript; `roundTensor` of `@x/tensor/storage` does it to a tensor at memory's speed. */
export function roundFloats(values: ArrayLike<number>, format: FloatFormat, options: CastOptions = {}): Float32Array<ArrayBuffer> {
  checkOptions('roundFloats', options);
  checkArray('roundFloats', 'values', values);
  checkFormat('roundFloats', 'format', format);
  const rounded = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) rounded[i] = roundToFormat(values[i] as number, format, options);
  return rounded;
}
