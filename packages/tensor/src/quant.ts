// `@x/tensor/quant`: integers of few bits, on the kernel family `quant`.
export { chooseQuantization, type Int8Type, type Quantization } from './ops/quant/quantization.ts';
export { QuantizedTensor, quantizedTensor } from './ops/quant/quantized-tensor.ts';
export {
  QuantizedMatrix,
  quantizedMatrix,
  type QuantizedMatrixOptions,
  type QuantizedMatrixTensors,
} from './ops/quant/quantized-matrix.ts';
export { quantizeMatrix, type QuantizeMatrixOptions } from './ops/quant/quantize-matrix.ts';
export { dequantizeTensor, dynamicQuantize, quantizeTensor, type DynamicQuantizeOptions } from './ops/quant/quantize-tensor.ts';
export { adam8bitState, adam8bitStep, type Adam8bitNumbers, type Adam8bitState } from './ops/quant/adam-8bit-step.ts';
export { fakeQuantize, type FakeQuantizeOptions } from './ops/quant/fake-quantize.ts';
export { int8Linear, int8MatMul, type Int8Activation, type Int8LinearOptions } from './ops/quant/int8-linear.ts';
export { int8Conv2d, int8DepthwiseConv2d, type ConvolutionOptions, type Int8Conv2dOptions } from './ops/quant/int8-conv2d.ts';
export { quantizedConv2d, quantizedDepthwiseConv2d, type QuantizedConv2dOptions } from './ops/quant/quantized-conv2d.ts';
export { int8AveragePool, int8MaxPool, type Int8AveragePoolOptions } from './ops/quant/int8-pool.ts';
export { int8Add, int8Map } from './ops/quant/int8-elementwise.ts';
export type { Pair, WindowOptions } from './ops/quant/int8-geometry.ts';
export { quantizedLinear, type InputQuantization, type QuantizedLinearOptions } from './ops/quant/quantized-linear.ts';
export type { RequantizationRounding } from './kernels/quant/requantization.ts';

// Exact arithmetic that the kernels are checked against
export { dynamicCodes } from './kernels/quant/dynamic-map.ts';
export {
  doubleRounding,
  quantizeMultiplier,
  roundingDivideByPowerOfTwo,
  saturatingRoundingDoublingHighMul,
  singleRounding,
  type QuantizedMultiplier,
} from './kernels/reference/quant/fixed-point.ts';
export { roundHalfEven } from './kernels/reference/quant/rounding.ts';
