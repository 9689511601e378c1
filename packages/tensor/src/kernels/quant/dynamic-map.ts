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
 * What a kernel needs to find codes: for the upper 16 bits of a float's key an entry so that (entry + lower 16 bits) >> 16 is its code.
 * A key is the float's bits as a number that rises with it: of numbers below 0 all bits are turned around, of others, where there are
 * such, the sign's. No two bounds are so near that both have the same upper bits.
 */
export function codeEntries(bounds: Float32Array, signed: boolean): Uint32Array<ArrayBuffer> {
  const word = new Uint32Array(1);
  const float = new Float32Array(word.buffer);
  const codeAt = (key: number): number => {
    word[0] = !signed ? key : key >= 0x80000000 ? key - 0x80000000 : ~key;
    return codeOf(float[0] as number, bounds);
  };
  return Uint32Array.from({ length: 65536 }, (_, upper) => {
    const first = upper * 65536;
    const code = codeAt(first);
    if (codeAt(first + 65535) === code) return code << 16;
    // The first lower bits that have the next code.
    let [low, high] = [0, 65535];
    while (low + 1 < high) {
      const middle = (low + high) >> 1;
      if (codeAt(first + middle) === code) low = middle;
      else high = middle;
    }
    return (code << 16) + 65536 - high;
  });
}
