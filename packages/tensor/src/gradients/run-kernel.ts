import { engine } from '@tensorflow/tfjs-core';
import type { NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';

/** Runs a kernel of one output by tfjs's name for it, on the tape like every public operation. */
export function runKernel(kernelName: string, inputs: Record<string, Tensor>, attrs: object = {}): Tensor {
  return engine().runKernel<Tensor>(kernelName, inputs, attrs as NamedAttrMap);
}
