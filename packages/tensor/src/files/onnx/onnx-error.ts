/** What is wrong with an ONNX file. */
export type OnnxErrorCode = 'Malformed' | 'NoGraph' | 'UnsupportedDtype' | 'WrongSize' | 'ExternalData' | 'DuplicateName';

/** A file is no ONNX model, or holds what can't be read here; the message says where and why. */
export class OnnxError extends Error {
  override readonly name: string = 'OnnxError';
  readonly code: OnnxErrorCode;

  constructor(code: OnnxErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
