import type { NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { XBackend } from './backend.ts';

export interface KernelCall {
  readonly inputs: NamedTensorInfoMap;
  readonly attrs?: NamedAttrMap;
  readonly backend: XBackend;
}

/** tfjs's own WASM kernel of the same name, for the cases that ours leaves to it. */
export type Beneath = (call: KernelCall) => TensorInfo | TensorInfo[];

/** One tfjs kernel on this backend. */
export interface BackendKernel {
  /** tfjs's name, or one beginning with X for an operation of ours. */
  readonly name: string;
  readonly run: (call: KernelCall, beneath: Beneath) => TensorInfo | TensorInfo[];
}
