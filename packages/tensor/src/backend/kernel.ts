import type { NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { Kernels } from '../runtime/kernels.ts';
import type { Tier } from '../runtime/tier.ts';
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

interface KernelBytes {
  readonly kernels: readonly string[];
  readonly base64: string;
}

/** A family's bytes, a module for each tier. */
export type BytesByTier = Readonly<Record<Tier, () => Promise<KernelBytes>>>;

/** Kernels that are there once their family is loaded. */
export interface KernelFamily {
  readonly bytes: BytesByTier;
  readonly kernels: readonly BackendKernel[];
  /** Whether this engine computes the family's WASM kernels rightly. Left out if nothing is known. */
  readonly selfTest?: (kernels: Kernels) => boolean;
}
