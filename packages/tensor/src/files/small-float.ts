/** A binary floating-point format of at most 16 bits. */
export interface SmallFloat {
  readonly exponentBits: number;
  readonly mantissaBits: number;
  readonly bias: number;
  /**
   * What its topmost codes mean: `ieee` has infinities and NaN in the last exponent, `finite` only NaN, all ones, and
   * `unsigned-zero` only NaN, where minus zero would be.
   */
  readonly special: 'ieee' | 'finite' | 'unsigned-zero';
}

export type SmallFloatName = 'F16' | 'BF16' | 'F8_E4M3' | 'F8_E5M2' | 'F8_E4M3FNUZ' | 'F8_E5M2FNUZ';

/**
 * The formats by their names in safetensors. E4M3 and E5M2: P. Micikevicius et al., "FP8 Formats for Deep Learning",
 * 2022, arXiv 2209.05433; those ending in FNUZ: B. Noune et al., "8-bit Numerical Formats for Deep Neural Networks",
 * 2022, arXiv 2206.02915.
 */
export const smallFloats: Readonly<Record<SmallFloatName, SmallFloat>> = {
  F16: { exponentBits: 5, mantissaBits: 10, bias: 15, special: 'ieee' },
  BF16: { exponentBits: 8, mantissaBits: 7, bias: 127, special: 'ieee' },
  F8_E4M3: { exponentBits: 4, mantissaBits: 3, bias: 7, special: 'finite' },
  F8_E5M2: { exponentBits: 5, mantissaBits: 2, bias: 15, special: 'ieee' },
  F8_E4M3FNUZ: { exponentBits: 4, mantissaBits: 3, bias: 8, special: 'unsigned-zero' },
  F8_E5M2FNUZ: { exponentBits: 5, mantissaBits: 2, bias: 16, special: 'unsigned-zero' },
};

type Codes = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;

/** The values of codes, exactly: every one is a float32. */
export function decodeSmallFloats(format: SmallFloat, codes: Uint8Array | Uint16Array): Float32Array<ArrayBuffer> {
  const values = new Float32Array(codes.length);
  // As many values as codes exist are looked up in a table of them all.
  const count = 2 ** (1 + format.exponentBits + format.mantissaBits);
  const table = codes.length >= count ? Float32Array.from({ length: count }, (_, code) => decode(format, code)) : undefined;
  if (table) for (let i = 0; i < codes.length; i++) values[i] = table[codes[i] as number] as number;
  else for (let i = 0; i < codes.length; i++) values[i] = decode(format, codes[i] as number);
  return values;
}

/**
 * The codes of the values nearest to some, ties to the even code. What is too large becomes an infinity, or NaN in a
 * format that has none, as PyTorch and ml_dtypes do it; with `saturate` the largest finite value.
 */
export function encodeSmallFloats(format: SmallFloat, values: ArrayLike<number>, saturate = false): Codes {
  const { exponentBits, mantissaBits, bias, special } = format;
  const codes = exponentBits + mantissaBits < 8 ? new Uint8Array(values.length) : new Uint16Array(values.length);
  const sign = 2 ** (exponentBits + mantissaBits);
  const largest = sign - 1 - (special === 'ieee' ? 2 ** mantissaBits : special === 'finite' ? 1 : 0);
  const notANumber =
    special === 'unsigned-zero' ? sign : special === 'finite' ? sign - 1 : sign - 2 ** mantissaBits + 2 ** (mantissaBits - 1);
  const tooLarge = saturate ? largest : special === 'ieee' ? largest + 1 : notANumber;
  const least = 1 - bias;
  const float = new Float64Array(1);
  const words = new Uint32Array(float.buffer);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    float[0] = value;
    const high = words[1] as number;
    const exponent = Math.max(((high >>> 20) & 0x7ff) - 1023, least);
    if (value !== value) codes[i] = notANumber;
    else {
      // In units of the last place the rounded mantissa carries into the exponent by itself.
      const code =
        exponent > 1023
          ? largest + 1
          : (exponent - least) * 2 ** mantissaBits + roundHalfEven(Math.abs(value) * 2 ** (mantissaBits - exponent));
      const fit = code > largest ? tooLarge : code;
      codes[i] = fit !== notANumber && high >>> 31 && !(special === 'unsigned-zero' && fit === 0) ? fit + sign : fit;
    }
  }
  return codes;
}

function decode({ exponentBits, mantissaBits, bias, special }: SmallFloat, code: number): number {
  const sign = code >>> (exponentBits + mantissaBits) ? -1 : 1;
  const exponent = (code >>> mantissaBits) & (2 ** exponentBits - 1);
  const mantissa = code & (2 ** mantissaBits - 1);
  const last = exponent === 2 ** exponentBits - 1;
  if (special === 'ieee' && last) return mantissa === 0 ? sign * Infinity : Number.NaN;
  if (special === 'finite' && last && mantissa === 2 ** mantissaBits - 1) return Number.NaN;
  if (special === 'unsigned-zero' && sign < 0 && exponent === 0 && mantissa === 0) return Number.NaN;
  return exponent === 0
    ? sign * mantissa * 2 ** (1 - bias - mantissaBits)
    : sign * (1 + mantissa / 2 ** mantissaBits) * 2 ** (exponent - bias);
}

function roundHalfEven(value: number): number {
  // Adding and taking away 2^52 leaves no room for a fraction; the processor rounds to the even neighbour.
  return value + 2 ** 52 - 2 ** 52;
}
