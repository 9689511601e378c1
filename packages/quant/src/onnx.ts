// `@x/quant/onnx`: quantized networks as ONNX models.
export { fromOnnx, type OnnxNetwork } from './onnx/from-onnx.ts';
export { toOnnx, type ToOnnxOptions } from './onnx/to-onnx.ts';
