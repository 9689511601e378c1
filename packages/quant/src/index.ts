// Exact arithmetic
export { roundHalfAway, roundHalfEven, type Rounding } from './arithmetic/rounding.ts';
export { frexp } from './arithmetic/frexp.ts';
export { inverseSquareRootMultiplier, roundingDivideByPowerOfTwo, saturatingRoundingDoublingHighMul } from './arithmetic/fixed-point.ts';
export {
  multiplyByQuantizedMultiplier,
  multiplyWideByQuantizedMultiplier,
  quantizeMultiplier,
  requantizeFp32,
  type QuantizedMultiplier,
} from './arithmetic/requantize.ts';
export { inputRadius, softmaxScaling } from './arithmetic/tflite-softmax.ts';
export {
  integerRange,
  quantizationParameters,
  quantizeValue,
  type ParameterOptions,
  type QuantizationParameters,
} from './arithmetic/quantization-parameters.ts';
export { fakeQuantizeInRange, nudgedRange, type NudgedRange } from './arithmetic/nudged-range.ts';
export {
  dequantizeLinear,
  dynamicQuantizeLinear,
  quantizeLinear,
  type LinearScales,
  type QuantizedType,
  type QuantizeLinearOptions,
} from './arithmetic/quantize-linear.ts';

// Number formats
export {
  decodeFloat,
  encodeFloat,
  floatFormat,
  roundToFormat,
  type CastOptions,
  type FloatFormat,
  type FloatFormatOptions,
  type NonFinite,
} from './formats/float-format.ts';
export * as formats from './formats/formats.ts';
export { decodeFloats, encodeFloats, roundFloats, type Codes } from './formats/cast.ts';
export { decodeE8M0, encodeE8M0 } from './formats/e8m0.ts';
export {
  fromMicroscaling,
  toMicroscaling,
  type BlockElement,
  type MicroscaledBlocks,
  type MicroscalingOptions,
} from './formats/microscaling.ts';
export { fromNf4, nf4Values, toNf4, type Nf4Blocks } from './formats/nf4.ts';
export { dynamicMap } from './formats/dynamic-map.ts';
