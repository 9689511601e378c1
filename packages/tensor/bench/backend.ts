import * as tf from '@tensorflow/tfjs-core';
import type { XBackend } from '../src/backend/backend.ts';
import type { Kernels } from '../src/runtime/kernels.ts';
import type { Threads } from '../src/runtime/threads.ts';

/** Selects a backend if it isn't selected: tfjs sets all kernels up anew each time, which takes longer than a small operation. */
export function use(backend: string): void {
  if (tf.getBackend() !== backend) void tf.setBackend(backend);
}

/** The kernels of the running backend `x`. */
export function kernels(): Kernels {
  return (tf.findBackend('x') as XBackend).kernels;
}

/** The threads of the running backend `x`. */
export function threads(): Threads {
  return kernels().threads;
}
