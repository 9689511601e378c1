/**
 * How an int32 sum becomes 8 bits:
 *
 * - `fp32`: float32(sum) · float32(scale), to the nearest, ties to even, then the zero point is added: as ONNX and XNNPACK do.
 * - `double`: gemmlowp's fixed point, rounded twice, as TensorFlow Lite.
 * - `single`: fixed point, rounded once, as TensorFlow Lite built with TFLITE_SINGLE_ROUNDING.
 */
export type RequantizationRounding = 'fp32' | 'double' | 'single';

export const requantizationRoundings: readonly RequantizationRounding[] = ['fp32', 'double', 'single'];
