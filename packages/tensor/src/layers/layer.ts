import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { Key } from '../random/index.ts';

/** Variables by name, in the order in which they are made. */
export type NamedVariables = Readonly<Record<string, Variable>>;

/** What a pass through a network carries beside the values. */
export interface ApplyContext {
  /** Whether this is a training step; layers such as dropout act only then. Default false. */
  readonly training?: boolean;
  /** For layers that draw random numbers, which fail without it in training; a container gives each of its parts a key of its own. */
  readonly key?: Key;
  /** Takes a scalar that training adds to the loss, such as a router's balance or a penalty; without it such terms are not computed. */
  readonly addLoss?: (term: Tensor) => void;
  /** What cross-attention attends to, float32[batch, keys, width]; differentiated like x. */
  readonly memory?: Tensor;
  /** What attention sees, broadcast to [batch, heads, queries, keys]: bool, or float32 that is added to the scores; not differentiated. */
  readonly mask?: Tensor;
  /** Whether a pass is done again for its gradients (see `checkpoint`): what a layer counts, it has counted before. Default false. */
  readonly recomputing?: boolean;
}

/**
 * A part of a network: its variables, and what it does to a tensor.
 *
 * A layer is a plain final object; another package makes its own by returning one. The names of `variables` are stable,
 * because weights are saved under them; a container puts its parts' names before them (`0.weight`). Variables that are
 * not to be trained (running statistics, masks) have `trainable` false.
 */
export interface Layer {
  /** The kind of layer, such as `dense`. */
  readonly kind: string;
  readonly variables: NamedVariables;
  /** Of a container: the layers within, each by the name that stands before those of its variables. */
  readonly parts?: Readonly<Record<string, Layer>>;
  /**
   * Of a container: one that does the same with other layers in the places of its parts, such as quantized ones; it disposes those.
   *
   * @throws {TypeError} unless there is a layer for each part and no other.
   */
  withParts?(parts: Readonly<Record<string, Layer>>): Layer;
  /** The layer's output, a new tensor; must be differentiable in x and in the trainable variables. */
  apply(x: Tensor, context?: ApplyContext): Tensor;
  /** Shape of the output for a shape of x, null where a size is not known, such as that of the batch. */
  outputShape(shape: Shape): Shape;
  /** Disposes the variables. */
  dispose(): void;
}

/** Sizes of axes, null where unknown. */
export type Shape = readonly (number | null)[];

/** Disposes all variables of a layer; may be called again. */
export function disposeVariables(variables: NamedVariables): void {
  for (const variable of Object.values(variables)) if (!variable.isDisposed) variable.dispose();
}
