// Networks in few bits
export { quantize, type QuantizeOptions, type WeightOptions } from './network/quantize.ts';
export type { QuantizedNetwork } from './network/quantized-network.ts';
export type {
  FloatLinearStep,
  NetworkCompositeStep,
  NetworkFloatStep,
  NetworkStep,
  QuantizedStep,
  ResidualIntegers,
} from './network/quantized-step.ts';
export type { QuantizedSparseStep } from './network/sparse-step.ts';
export type { FlattenStep } from './network/steps.ts';
export { simulate, type SimulatedActivations, type SimulateOptions } from './network/simulate.ts';
export type { Closeness, LayerQuantization, QuantizationReport } from './network/report.ts';
export { formatReport } from './network/format-report.ts';
export type { Samples } from './network/samples.ts';
export type { ActivationMode, Scheme } from './network/scheme.ts';

// Within a budget
export { sensitivity, type Sensitivity, type SensitivityOptions } from './budget/sensitivity.ts';
export { chooseSchemes, type Budget } from './budget/choose-schemes.ts';
export { quantizeWithin } from './budget/quantize-within.ts';

// Training for few bits
export { fakeQuant, type FakeQuantLinear, type FakeQuantNetwork, type FakeQuantOptions } from './training/fake-quant.ts';
export { convert, type ConvertOptions } from './training/convert.ts';

export {
  mixedPrecision,
  type LayerPrecision,
  type MixedPrecisionNetwork,
  type MixedPrecisionOptions,
} from './precision/mixed-precision.ts';
export type { MicroscalingFormat, StorageFormat } from './precision/storage-format.ts';
export type { CastCounts } from './precision/cast-tensor.ts';
export { withLossScaling, type LossScalingEvent, type LossScalingOptions } from './precision/with-loss-scaling.ts';

// Training in less memory
export { adam8bit, type Adam8bitOptions } from './memory/adam-8bit.ts';
export {
  boundedCodec,
  boundForGradientError,
  stochasticCodec,
  type ActivationCodec,
  type CompressedActivations,
} from './memory/activation-codec.ts';
export {
  compressActivations,
  type CompressActivationsOptions,
  type CompressedNetwork,
  type CompressionReportOptions,
  type KeptActivations,
} from './memory/compress-activations.ts';
export type { CompressionReport, LayerCompression } from './memory/compression-report.ts';

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

// Ranges of activations
export type { Observer, Range, RangePurpose } from './observers/observer.ts';
export { minMax, movingAverage } from './observers/min-max.ts';
export { percentile } from './observers/percentile.ts';
export { squaredError } from './observers/squared-error.ts';
export { entropy, entropyThreshold } from './observers/entropy.ts';
export { fixedPoint, fractionBits, toFixedPoint } from './observers/fixed-point.ts';

// Weights in integers
export {
  dequantizeWeight,
  roundToGrid,
  weightGrid,
  type GridOptions,
  type QuantizedWeight,
  type WeightGrid,
  type WeightMatrix,
} from './weights/weight-grid.ts';
export { binaryWeight, ternaryWeight } from './weights/few-values.ts';
export { gptq, outputError, type GptqOptions } from './weights/gptq.ts';
export { awqScales, type AwqScales, type InputStatistics } from './weights/awq.ts';
export { smoothingFactors } from './weights/smooth-quant.ts';
export { equalizingFactors } from './weights/equalize.ts';

// Files
export { toSafetensors, type NetworkFile, type RawValues } from './files/to-safetensors.ts';
export { fromSafetensors } from './files/from-safetensors.ts';
export type { SafetensorsInput } from './files/described-values.ts';
export { quantizeArtifacts, tfjsFiles, type QuantizeArtifactsOptions } from './files/tfjs-artifacts.ts';
