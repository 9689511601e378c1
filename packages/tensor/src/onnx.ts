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
export {
  encodeOnnxModel,
  type OnnxAttributeValue,
  type OnnxConstant,
  type OnnxDtype,
  type OnnxModelInput,
  type OnnxNodeInput,
  type OnnxValue,
} from './files/onnx/encode-onnx-model.ts';
