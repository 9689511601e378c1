/**
 * The dtypes of safetensors with their bits a value, in the format's own order: files list their tensors from the last
 * of these to the first.
 */
export const dtypeBits = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;

export type SafetensorsDtype = keyof typeof dtypeBits;

export const dtypeNames: readonly SafetensorsDtype[] = Object.keys(dtypeBits) as SafetensorsDtype[];

export function isDtype(value: unknown): value is SafetensorsDtype {
  return typeof value === 'string' && Object.hasOwn(dtypeBits, value);
}

/**
 * Bytes that values of a shape take, or undefined where they end inside a byte. As BigInt, because a hostile shape can
 * multiply to anything.
 */
export function byteLength(dtype: SafetensorsDtype, shape: readonly number[]): bigint | undefined {
  const bits = shape.reduce((product, size) => product * BigInt(size), BigInt(dtypeBits[dtype]));
  return bits % 8n === 0n ? bits / 8n : undefined;
}
