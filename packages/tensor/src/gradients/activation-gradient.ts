import { engine, getBackend, getKernel } from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { runKernel } from './run-kernel.ts';

/** Kernel of our own backend: `dy f'(x)` from the output `y = f(x)`, in one pass over memory. */
const FUSED = 'XActivationGrad';

/**
 * The gradient of an activation in one pass where the backend can, else by `composed` of tfjs's operations.
 *
 * Composed too inside another gradient, which the fused kernel has none for.
 */
export function activationGradient(activation: string, dy: Tensor, y: Tensor, composed: () => Tensor): Tensor {
  const floats = dy.dtype === 'float32' && y.dtype === 'float32';
  if (!floats || engine().isTapeOn() || getKernel(FUSED, getBackend()) == null) return composed();
  return runKernel(FUSED, { dy, y }, { activation });
}
