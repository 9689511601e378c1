import type { NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { Kernels } from '../runtime/kernels.ts';
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

/** Kernels that are there once their family is loaded. */
export interface KernelFamily {
  readonly kernels: readonly BackendKernel[];
  /** Whether this engine computes the family's WASM kernels rightly. Left out if nothing is known. */
  readonly selfTest?: (kernels: Kernels) => boolean;
}
