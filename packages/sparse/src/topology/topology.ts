import type { Key } from '@x/tensor';
import type { CsrPattern } from '@x/tensor/sparse';
import type { Division } from '../layers/division.ts';
import type { ValuedRewiring } from './apply-rewiring.ts';

/** A layer as an update sees it. */
export interface LayerView {
  readonly pattern: CsrPattern;
  /** Of the non-zeros; a copy, made when it is asked for. */
  readonly values: Float32Array;
  /** Flags of the `count` non-zeros of greatest magnitude, of equal ones the earlier; takes no copy of the values. */
  strongest(count: number): Uint8Array;
  /** Non-zeros the layer has room for. */
  readonly room: number;
  /** Draws what this layer needs at this step. */
  readonly key: Key;
  /** What the optimizer remembers of the non-zeros, by its slots' names. */
  readonly slots: Readonly<Record<string, Float32Array>>;
  /**
   * Positions of the `count` largest |dL/dW| of the steps watched, among all but the non-zeros that stay; `decay` weighs
   * the gradient of each step by that to the power of its age. Default 1.
   */
  largestGradients(keep: Uint8Array, count: number, decay?: number): Float64Array;
}

/** How the topology of a network changes while it trains: a plan for each layer from what it sees, holding no state of its own. */
export interface Topology {
  readonly name: string;
  /** Whether it takes the place of the optimizer's update at its steps, as RigL does, or follows it. */
  readonly replacesStep: boolean;
  /** False if it only divides layers and its plans are all undefined. Default: it moves links, and an optimizer's state must be able to move with them. */
  readonly rewires?: false;
  /** Whether step `step`, counted from 0, changes the topology. */
  due(step: number): boolean;
  /** Whether it must see the gradients of step `step`. */
  watches(step: number): boolean;
  /**
   * What changes in each layer, in order; undefined where nothing does. Each layer is changed before the next one is asked for, so
   * that a generator needs memory for one layer; who may throw plans all first.
   */
  plan(layers: readonly LayerView[], step: number): Iterable<ValuedRewiring | undefined>;
  /** How a layer of these values, row by row, is divided before the first step and after each change; left out if all non-zeros take part. */
  readonly divide?: (values: Float32Array, pattern: CsrPattern) => Division;
}
