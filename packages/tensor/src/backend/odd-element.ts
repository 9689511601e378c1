import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { XBackend } from './backend.ts';

/** Which element is NaN or infinite, or that the range of all is, for an error. */
export function oddElement(backend: XBackend, x: TensorInfo): string {
  const values = backend.readSync(x.dataId) as Float32Array;
  const nan = values.findIndex((value) => Number.isNaN(value));
  const odd = nan < 0 ? values.findIndex((value) => !Number.isFinite(value)) : nan;
  return odd < 0 ? 'x has no finite range' : `x has ${values[odd]} at element ${odd}`;
}
