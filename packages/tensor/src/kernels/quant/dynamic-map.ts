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
