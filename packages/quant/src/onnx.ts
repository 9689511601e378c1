// `@x/quant/onnx`: quantized networks as ONNX models.
export { toOnnx, type ToOnnxOptions } from './onnx/to-onnx.ts';
