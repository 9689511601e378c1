/**
 * The 256 numbers of dynamic 8-bit codes, rising: 0, 1, and for each power of ten from 1e-6 to 1 the middles of 2^i (signed; else 2^(i + 1))
 * even steps from a tenth of it to it, i = 0 to 6; with their negatives if signed.
 *
 * T. Dettmers et al., "8-bit Optimizers via Block-wise Quantization", 2021, arXiv 2110.02861.
 */
export function dynamicCodes(signed: boolean): Float32Array<ArrayBuffer> {
  const values = [0, 1];
  for (let i = 0; i < 7; i++) {
    const steps = 2 ** (signed ? i : i + 1);
    for (let step = 0; step < steps; step++) {
      const value = (0.1 + (0.9 * (step + 0.5)) / steps) * 10 ** (i - 6);
      values.push(value);
      if (signed) values.push(-value);
    }
  }
  return Float32Array.from(values.sort((a, b) => a - b));
}

/** What lies between neighbouring codes, and Infinity: x has the first code that it doesn't exceed the bound of. */
export function codeBounds(codes: Float32Array): Float32Array<ArrayBuffer> {
  return Float32Array.from(codes, (code, i) => (i === 255 ? Infinity : (code + (codes[i + 1] as number)) / 2));
}

/** The code of a number from -1 to 1. */
export function codeOf(x: number, bounds: Float32Array): number {
  let code = 0;
  for (let step = 128; step > 0; step >>= 1) if (x > (bounds[code + step - 1] as number)) code += step;
  return code;
}

/**
 * For the upper 16 bits of each float32 the code of the least float that has them. No two bounds are so near that both lie between such
 * floats, so a float's code is this or the next.
 */
export function codesByUpperBits(bounds: Float32Array): Uint8Array<ArrayBuffer> {
  const word = new Uint32Array(1);
  const float = new Float32Array(word.buffer);
  return Uint8Array.from({ length: 65536 }, (_, upper) => {
    word[0] = ((upper << 16) | (upper & 0x8000 ? 0xffff : 0)) >>> 0;
    return Number.isNaN(float[0]) ? 255 : codeOf(float[0] as number, bounds);
  });
}
