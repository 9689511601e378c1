import { clone, concat, dispose, mul, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { largestAbsent, type CsrPattern } from '@x/tensor/sparse';
import type { SeenGradient } from '../layers/sparse-linear.ts';

/**
 * Positions of the `count` largest |dL/dW| among all positions but the non-zeros that stay, in rising order, the gradient summed
 * over what was seen; gradients of earlier steps count by `decay` to the power of their age in steps.
 */
export function largestGradients(
  seen: readonly SeenGradient[],
  pattern: CsrPattern,
  keep: Uint8Array,
  count: number,
  decay: number,
): Float64Array {
  if (count === 0) return new Float64Array(0);
  const [dz, x] = tidy(() => [joined(aged(seen, decay)), joined(seen.map((gradient) => gradient.x))]) as [Tensor, Tensor];
  try {
    return largestAbsent(dz, x, pattern, keep, count);
  } finally {
    dispose([dz, x]);
  }
}

function aged(seen: readonly SeenGradient[], decay: number): Tensor[] {
  const last = seen.at(-1)!.step;
  return seen.map(({ dz, step }) => (decay === 1 ? dz : mul(dz, decay ** (last - step))));
}

function joined(parts: Tensor[]): Tensor {
  return parts.length === 1 ? clone(parts[0]!) : concat(parts, 0);
}
