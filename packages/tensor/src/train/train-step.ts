import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { ApplyContext, Layer, NamedVariables } from '../layers/layer.ts';
import { checkFunction, checkTensor, describe } from '../ops/arguments.ts';
import { needGradients } from '../ops/kernel.ts';
import { softmaxCrossEntropy } from '../ops/softmax-cross-entropy.ts';
import type { Optimizer, OptimizerState } from '../optimizers/optimizer.ts';
import type { Key } from '../random/key.ts';
import { checkBatch, type Batch } from './data.ts';
import { valueAndGradients } from './value-and-gradients.ts';

/** A scalar from a network's output and the labels, the mean over the examples. */
export type Loss = (output: Tensor, y: Tensor) => Tensor;

export interface TrainStepOptions {
  readonly optimizer: Optimizer;
  /** What `optimizer.init(trainable(net))` returned; changed in place. */
  readonly state: OptimizerState;
  /** Default {@link softmaxCrossEntropy}. */
  readonly loss?: Loss;
  /** For layers that draw random numbers; give each step another. */
  readonly key?: Key;
  /** Is shown the output of the network after the step; it is disposed afterwards. */
  readonly observe?: (output: Tensor) => void;
}

/**
 * One step of training: the loss of a batch, its gradients, and the update of the network's variables.
 *
 * @returns The loss before the update, float32[], which the caller disposes; reading it is what makes a device wait.
 * @throws {TypeError | RangeError} if the batch doesn't fit the network or the loss is no scalar; nothing is changed then.
 * @example
 * const optimizer = sgd({ learningRate: 0.1 });
 * const state = optimizer.init(trainable(net));
 * const loss = trainStep(net, { x, y }, { optimizer, state });
 */
export function trainStep(
  net: Layer,
  batch: Batch,
  { optimizer, state, loss = softmaxCrossEntropy, key, observe }: TrainStepOptions,
): Tensor {
  checkLayer('trainStep', net);
  checkBatch('trainStep', 'batch', batch);
  checkFunction('trainStep', 'loss', loss);
  needGradients();
  const parameters = trainable(net);
  const held: Tensor[] = [];
  const terms: Tensor[] = [];
  const context: ApplyContext = {
    training: true,
    ...(key ? { key } : {}),
    // Kept, because the layer that made it is likely to tidy up after itself.
    addLoss: (term) => {
      held.push(tf.keep(term));
      terms.push(term);
    },
  };
  let output: Tensor | undefined;
  try {
    const names = Object.keys(parameters);
    // In a tidy, so that nothing is left behind where the backward pass throws.
    const { value, gradients: given } = tf.tidy(() =>
      valueAndGradients(() => {
        const result = net.apply(batch.x, context);
        if (observe) held.push((output = tf.keep(result)));
        const whole = loss(result, batch.y);
        checkTensor('trainStep', 'the result of loss', whole, { dtype: 'float32', shape: [], remedy: 'Take its mean over the examples.' });
        return terms.length === 0 ? whole : tf.addN([whole, ...terms]);
      }, Object.values(parameters)),
    );
    const gradients: Record<string, Tensor> = {};
    names.forEach((name, index) => {
      const gradient = given[index];
      if (gradient) held.push((gradients[name] = gradient));
    });
    try {
      optimizer.update(parameters, gradients, state);
      if (output) observe?.(output);
    } catch (error) {
      value.dispose();
      throw error;
    }
    return value;
  } finally {
    tf.dispose(held);
  }
}

/** The variables of a network that are to be trained, each once, under its first name. */
export function trainable(net: Layer): NamedVariables {
  const seen = new Set<Variable>();
  const entries = Object.entries(net.variables).filter(([, variable]) => {
    if (!variable.trainable || seen.has(variable)) return false;
    seen.add(variable);
    return true;
  });
  return Object.fromEntries(entries);
}

/** @throws {TypeError} if the argument is no layer. */
export function checkLayer(where: string, net: unknown): void {
  const { apply, variables } = (net ?? {}) as Partial<Layer>;
  if (typeof apply !== 'function' || typeof variables !== 'object')
    throw new TypeError(`${where}: net is ${describe(net)}, but must be a layer, such as sequential([...]).`);
}
