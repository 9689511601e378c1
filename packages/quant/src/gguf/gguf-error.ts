/** Bytes are no GGUF file, or not one that is whole and consistent; the message says where and why. */
export class GgufError extends Error {
  override readonly name: string = 'GgufError';
}
