/** What is wrong with a safetensors file; those that the format's reference implementation knows have its names. */
export type SafetensorsErrorCode =
  | 'HeaderTooSmall'
  | 'HeaderTooLarge'
  | 'InvalidHeaderLength'
  | 'InvalidHeader'
  | 'InvalidHeaderDeserialization'
  | 'DuplicateName'
  | 'InvalidOffset'
  | 'TensorInvalidInfo'
  | 'ValidationOverflow'
  | 'MisalignedSlice'
  | 'MetadataIncompleteBuffer'
  | 'InvalidValue'
  | 'TensorNotFound'
  | 'TensorTooLarge'
  | 'InvalidIndex'
  | 'ChangedWhileRead';

/** A file is not a whole and consistent safetensors file; the message says where and why. */
export class SafetensorsError extends Error {
  override readonly name: string = 'SafetensorsError';
  readonly code: SafetensorsErrorCode;

  constructor(code: SafetensorsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
