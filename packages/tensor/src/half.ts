// `@x/tensor/half`: tensors stored in 16 bits, and products by them.
export { halfLinear } from './ops/half/half-linear.ts';
export { fromHalf, toHalf, type HalfOptions, type HalfTensor } from './ops/half/half-tensor.ts';
export type { HalfFormat } from './kernels/half.ts';
