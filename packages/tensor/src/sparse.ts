// `@x/tensor/sparse`: products with sparse matrices, on the kernel family `sparse`.
export { CsrPattern, csrPattern, type CsrTensors } from './ops/sparse/csr-pattern.ts';
export { csrToDense } from './ops/sparse/csr-to-dense.ts';
export { csrLinear, type CsrLinearOptions } from './ops/sparse/csr-linear.ts';
export { BsrPattern, bsrPattern } from './ops/sparse/bsr-pattern.ts';
export { bsrToDense } from './ops/sparse/bsr-to-dense.ts';
export { bsrLinear } from './ops/sparse/bsr-linear.ts';
export { activeLinear } from './ops/sparse/active-linear.ts';
export { csrDividedLinear, divideCsr, type CsrDivision } from './ops/sparse/divided-linear.ts';
export { keepLargest, type KeepLargestOptions } from './ops/sparse/keep-largest.ts';
export { largestAbsent } from './ops/sparse/largest-absent.ts';
export { moveValues, rewire, type Rewired, type Rewiring } from './ops/sparse/rewire.ts';
export { QuantizedCsr, quantizeCsr, type QuantizedCsrTensors } from './ops/sparse/quantized-csr.ts';
export { int8CsrLinear, type Int8CsrLinearOptions } from './ops/sparse/int8-csr-linear.ts';
// Each is the other's gradient, so they share a file.
export { csrMatMul, csrSampledMatMul, type CsrSampledMatMulOptions } from './ops/sparse/csr-mat-mul.ts';
export type { SeeGradient } from './ops/sparse/tap-gradient.ts';
