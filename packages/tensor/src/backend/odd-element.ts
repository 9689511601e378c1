import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { XBackend } from './backend.ts';

/** Which element is NaN or infinite, for an error. */
export function oddElement(backend: XBackend, x: TensorInfo): string {
  const values = backend.readSync(x.dataId) as Float32Array;
  const at = values.findIndex((value) => Number.isNaN(value));
  if (at >= 0) return `x has NaN at element ${at}`;
  const infinite = values.findIndex((value) => !Number.isFinite(value));
  return `x has ${values[infinite]} at element ${infinite}`;
}
