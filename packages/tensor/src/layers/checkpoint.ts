import * as tf from '@tensorflow/tfjs-core';
import { Variable, type Tensor } from '@tensorflow/tfjs-core';
import { checkFunction, describe } from '../ops/arguments.ts';
import { needGradients } from '../ops/kernel.ts';
import type { ApplyContext, Layer } from './layer.ts';
import { checkPart } from './parts.ts';
import { recompute, recording, watchLoss } from './recompute.ts';

/**
 * A function that forgets what it computed on its way, and computes it again when a gradient needs it: memory for time.
 *
 * The gradients are bit for bit those of `f` itself, as long as `f` computes the same again: it must not depend on
 * what changes in between, and draw its random numbers from a key.
 *
 * T. Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016, arXiv 1604.06174.
 *
 * @param f Makes a tensor of tensors.
 * @param variables All that `f` uses and that gradients are wanted of; the gradients of others are not found.
 * @returns A function of the same result, differentiable in its arguments and the variables.
 * @throws {TypeError} if an argument is invalid.
 * @example
 * const block = checkpoint((x) => tf.relu(tf.matMul(x, w)), [w]);
 * tf.grad((x) => tf.sum(block(x)))(x); // relu's input is computed twice, and never kept
 */
export function checkpoint<Inputs extends readonly Tensor[]>(
  f: (...inputs: Inputs) => Tensor,
  variables: readonly Variable[] = [],
): (...inputs: Inputs) => Tensor {
  checkFunction('checkpoint', 'f', f);
  if (!Array.isArray(variables) || !variables.every((variable) => variable instanceof Variable))
    throw new TypeError(`checkpoint: variables is ${describe(variables)}, but must be an array of tf.Variables.`);
  return (...inputs) => forget((given) => f(...(given as Inputs)), inputs, variables, {});
}

/**
 * A layer that forgets what it computed on its way and computes it again for its gradients: see {@link checkpoint}.
 * Dropout within draws the same again, running statistics move once, and terms of the loss count once.
 *
 * @throws {TypeError} if the argument is no layer.
 * @example
 * const net = sequential([checkpointed(transformerBlock(128, { key: first })), checkpointed(transformerBlock(128, { key: second }))]);
 */
export function checkpointed(layer: Layer): Layer {
  checkPart('checkpointed', 'layer', layer);
  const apply: Layer['apply'] = (x, context = {}) => applyForgetting([layer], x, [context]);
  // All else as the layer has it at any time: a sparse one's pattern changes.
  const own: PropertyDescriptorMap = { ...Object.getOwnPropertyDescriptors(layer), apply: { value: apply, enumerable: true } };
  return Object.create(Object.getPrototypeOf(layer) as object, own) as Layer;
}

/** Layers one after another, each in a context of its own, of which only x is remembered. */
export function applyForgetting(layers: readonly Layer[], x: Tensor, contexts: readonly ApplyContext[]): Tensor {
  const context = contexts[0] as ApplyContext;
  const variables = trainableOf(layers);
  // Of what comes with the context only the memory is differentiated; masks aren't.
  const inputs = context.memory ? [x, context.memory] : [x];
  const run = ([start, memory]: readonly Tensor[], { recomputing, addLoss }: ApplyContext): Tensor =>
    tf.tidy(() =>
      layers.reduce((values, layer, index) => {
        const own = contexts[index] as ApplyContext;
        const next = layer.apply(values, {
          ...own,
          ...(memory ? { memory } : {}),
          ...(recomputing ? { recomputing } : {}),
          ...(addLoss ? { addLoss } : {}),
        });
        if (values !== start && values !== next) values.dispose();
        return next;
      }, start as Tensor),
    );
  return forget(run, inputs, variables, context);
}

/** The trainable variables of layers, each once. */
export function trainableOf(layers: readonly Layer[]): Variable[] {
  return [...new Set(layers.flatMap(({ variables }) => Object.values(variables).filter(({ trainable }) => trainable)))];
}

type Run = (inputs: readonly Tensor[], context: ApplyContext) => Tensor;

function forget(run: Run, inputs: readonly Tensor[], variables: readonly Variable[], context: ApplyContext): Tensor {
  needGradients();
  if (!recording()) return run(inputs, context);
  const { context: watched, added } = watchLoss(context);
  const withGradient = tf.customGrad((...given) => {
    const save = given.pop() as unknown as tf.GradSaveFunc;
    const value = run(inputs, watched);
    save([...inputs]);
    const addsLoss = added();
    return {
      value: inputs.includes(value) ? tf.clone(value) : value,
      gradFunc: (dy: Tensor, saved: Tensor[]) => recompute({ inputs: saved, variables, run, context, addsLoss }, dy),
    };
  });
  return withGradient(...inputs, ...variables);
}
