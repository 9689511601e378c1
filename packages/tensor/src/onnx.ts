// `@x/tensor/onnx`: ONNX models and tensors as data.
export { OnnxError, type OnnxErrorCode } from './files/onnx/onnx-error.ts';
export {
  decodeOnnxModel,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
} from './files/onnx/onnx-model.ts';
export { decodeOnnxTensor, type NamedRaw } from './files/onnx/onnx-tensor.ts';
export { decodeOnnxWeights } from './files/onnx/onnx-weights.ts';
