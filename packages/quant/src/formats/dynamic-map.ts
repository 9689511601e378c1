import { dynamicCodes } from '@x/tensor/quant';
import { checkOptions } from '@x/tensor/arguments';

/**
 * The 256 values of dynamic 8-bit quantization: seven powers of ten, each with as many evenly spaced fractions as its
 * bits allow, so that small numbers are resolved relative to themselves.
 *
 * For exponent i = 0..6: the midpoints of 2^i (signed) or 2^(i+1) (unsigned) even steps from 0.1 to 1, times 10^(i-6);
 * with their negatives if signed; and 0 and 1.
 *
 * T. Dettmers, "8-Bit Approximations for Parallelism in Deep Learning", 2015, arXiv 1511.04561; T. Dettmers et al.,
 * "8-bit Optimizers via Block-wise Quantization", 2021, arXiv 2110.02861.
 */
export function dynamicMap(options: { readonly signed?: boolean } = {}): Float32Array<ArrayBuffer> {
  const { signed = true } = checkOptions('dynamicMap', options);
  return dynamicCodes(signed);
}
