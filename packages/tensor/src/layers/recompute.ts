import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { ApplyContext } from './layer.ts';

/** Something to be computed again for its gradients, and what it is computed from. */
export interface Recomputation {
  /** Float or other tensors; those that are no floats get gradients of 0. */
  readonly inputs: readonly Tensor[];
  readonly variables: readonly Variable[];
  readonly run: (inputs: readonly Tensor[], context: ApplyContext) => Tensor;
  readonly context: ApplyContext;
  /** Whether it adds to the loss beside giving its output. */
  readonly addsLoss: boolean;
}

/**
 * Runs again what was run without a record, with one, and gives the gradients of its inputs and variables for dy.
 *
 * Called while a gradient is being taken: tfjs's engine has one record at a time, so the present one is put aside.
 */
export function recompute({ inputs, variables, run, context, addsLoss }: Recomputation, dy: Tensor): Tensor[] {
  const { state } = tf.engine();
  const record = state.activeTape;
  const terms: Tensor[] = [];
  const again: ApplyContext = {
    ...context,
    recomputing: true,
    ...(context.addLoss ? { addLoss: (term) => terms.push(tf.keep(term)) } : {}),
  };
  const sources = [...inputs, ...variables];
  try {
    // Terms of the loss have the gradient 1: training adds them up. dy · y is differentiated as y is for dy.
    const output = (): Tensor => {
      const y = run(inputs, again);
      return addsLoss ? tf.addN([tf.sum(tf.mul(y, dy)), ...terms]) : y;
    };
    const { value, grads } = tf.engine().gradients(output, sources, addsLoss ? undefined : dy, true);
    value.dispose();
    return sources.map((source, index) => grads[index] ?? tf.zeros(source.shape));
  } finally {
    tf.dispose(terms);
    state.activeTape = record;
  }
}

/** A context that tells whether something was added to the loss. */
export function watchLoss(context: ApplyContext): { readonly context: ApplyContext; readonly added: () => boolean } {
  const { addLoss } = context;
  let added = false;
  if (!addLoss) return { context, added: () => false };
  const watched: ApplyContext = {
    ...context,
    addLoss: (term) => {
      added = true;
      addLoss(term);
    },
  };
  return { context: watched, added: () => added };
}

/** Whether tfjs records what is computed, for a gradient. */
export function recording(): boolean {
  return tf.engine().state.gradientDepth > 0;
}
