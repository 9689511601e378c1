import type { TensorInfo } from '@tensorflow/tfjs-core';

/** Bytes of an element on the heap, or 0 for types that aren't there. */
export function elementWidth({ dtype }: TensorInfo): 0 | 1 | 4 {
  return dtype === 'float32' || dtype === 'int32' ? 4 : dtype === 'bool' ? 1 : 0;
}
