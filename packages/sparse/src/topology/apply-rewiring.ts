import { tensor1d, tidy, type Variable } from '@tensorflow/tfjs-core';
import type { SparseLinearLayer } from '../layers/sparse-linear.ts';
import { rewire, type Rewiring } from '../pattern/rewire.ts';

/** A rewiring with the values of what grows. */
export interface ValuedRewiring extends Rewiring {
  /** A value for each grown position; 0 if left out. */
  readonly grownValues?: Float32Array;
}

/**
 * Rewires a layer: survivors keep their values and their places in the optimizer's slots, new links get 0 in the slots.
 *
 * @param slots The optimizer's variables that belong to the layer's values.
 * @throws {RangeError} if there would be more non-zeros than the layer has room for; nothing is changed then.
 */
export function applyRewiring(layer: SparseLinearLayer, rewiring: ValuedRewiring, slots: readonly Variable[]): void {
  const room = layer.variables.values.size;
  let count = rewiring.grown.length;
  for (let q = 0; q < rewiring.keep.length; q++) count += rewiring.keep[q]!;
  if (count > room)
    throw new RangeError(
      `applyRewiring: the layer would have ${count} non-zeros, but has room for ${room}, the most it was made for; give sparseLinear a greater { room }.`,
    );
  const { pattern, from } = rewire(layer.pattern, rewiring);
  move(layer.variables.values, from, rewiring.grownValues);
  for (const slot of slots) move(slot, from);
  layer.replacePattern({ pattern, from });
}

function move(variable: Variable, from: Int32Array, grown?: Float32Array): void {
  const old = variable.dataSync() as Float32Array;
  const values = new Float32Array(variable.size);
  for (let to = 0; to < from.length; to++) {
    const at = from[to]!;
    if (at >= 0) values[to] = old[at]!;
    else if (grown) values[to] = grown[-1 - at]!;
  }
  tidy(() => variable.assign(tensor1d(values, 'float32')));
}
