import { checkArray, checkObject } from '../validation.ts';
import { tidy, type Variable } from '@tensorflow/tfjs-core';
import { moveValues, rewire, type Rewiring } from '@x/tensor/sparse';
import type { SparseLinearLayer } from '../layers/sparse-linear.ts';

/** A rewiring with the values of what grows. */
export interface ValuedRewiring extends Rewiring {
  /** A value for each grown position; 0 if left out. */
  readonly grownValues?: Float32Array;
}

/**
 * Rewires a layer: survivors keep their values and their places in the optimizer's slots, new links get 0 in the slots.
 *
 * @param slots The optimizer's variables that belong to the layer's values.
 * @throws {TypeError | RangeError} if the rewiring doesn't fit the layer, there would be more non-zeros than it has room for, or a slot has
 * no number for each value; nothing is changed then.
 */
export function applyRewiring(layer: SparseLinearLayer, rewiring: ValuedRewiring, slots: readonly Variable[]): void {
  checkObject('applyRewiring', 'layer', layer, ['variables', 'pattern']);
  checkObject('applyRewiring', 'rewiring', rewiring, ['keep', 'grown']);
  checkArray('applyRewiring', 'slots', slots);
  const { values } = layer.variables;
  const { grown, grownValues } = rewiring;
  if (grownValues && grownValues.length !== grown.length)
    throw new RangeError(`applyRewiring: there are ${grownValues.length} values for ${grown.length} links that grow; give one for each.`);
  checkSlots('applyRewiring', values, slots);
  const { pattern, from } = rewire(layer.pattern, rewiring);
  if (pattern.nonZeros > values.size) {
    pattern.dispose();
    from.dispose();
    throw new RangeError(
      `applyRewiring: the layer would have ${pattern.nonZeros} non-zeros, but has room for ${values.size}, the most it was made for; give sparseLinear a greater { room }.`,
    );
  }
  // From here on no more is taken than the old pattern gives back.
  layer.replacePattern(pattern);
  tidy(() => values.assign(moveValues(values, from, values.size, grownValues)));
  for (const slot of slots) tidy(() => slot.assign(moveValues(slot, from, slot.size)));
  from.dispose();
  pattern.prepare();
}

/** @throws {RangeError} unless each slot has a number for each value, to move with it. */
export function checkSlots(where: string, values: Variable, slots: readonly Variable[]): void {
  for (const { name, dtype, size } of slots)
    if (dtype !== 'float32' || size !== values.size)
      throw new RangeError(
        `${where}: the optimizer's slot '${name}' is ${dtype}[${size}], but must be float32[${values.size}], a number for each value, to move with the links; train with an optimizer that keeps its state so, such as adam().`,
      );
}
