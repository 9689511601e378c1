import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Input, Program } from './program.ts';

/** A result as plain data. */
export interface Result {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values: ArrayLike<number>;
}

/** What a program gives: its outputs and gradients, or the error it throws. */
export interface Evaluation {
  readonly outputs: readonly Result[];
  /** By the inputs that are floats. */
  readonly gradients: readonly Result[];
  readonly error?: string;
}

/** The numbers that a float output's elements are multiplied with before they are summed: 0.3, 0.6, ..., -0.6 and so on. */
export function weight(index: number): number {
  return ((index * 7) % 5) * 0.3 - 0.6 || 0.9;
}

/** Runs a program on tfjs's current backend. Leaves no tensor. */
export function evaluate(program: Program): Evaluation {
  const { numTensors } = tf.memory();
  let evaluation: Evaluation = { outputs: [], gradients: [] };
  try {
    tf.tidy(() => {
      const inputs = program.inputs.map(toTensor);
      const outputs = [program.run(inputs)].flat() as Tensor[];
      evaluation = { outputs: outputs.map(toResult), gradients: program.gradient ? gradientsOf(program, inputs) : [] };
    });
  } catch (error) {
    evaluation = { outputs: [], gradients: [], error: (error as Error).message };
  }
  const left = tf.memory().numTensors - numTensors;
  // tfjs itself leaves what a tape holds when a gradient throws.
  return left === 0 || evaluation.error !== undefined ? evaluation : { ...evaluation, error: `${left} tensors are left` };
}

function gradientsOf(program: Program, inputs: readonly Tensor[]): Result[] {
  const floats = inputs.filter(({ dtype }) => dtype === 'float32');
  const run = (...given: Tensor[]): tf.Scalar => {
    let next = 0;
    const all = inputs.map((input) => (input.dtype === 'float32' ? given[next++]! : input));
    const outputs = ([program.run(all)].flat() as Tensor[]).filter(({ dtype }) => dtype === 'float32');
    return tf.addN(outputs.map((output) => tf.sum(tf.mul(output, weights(output.shape))))) as tf.Scalar;
  };
  return tf.grads(run)(floats).map(toResult);
}

function weights(shape: number[]): Tensor {
  return tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => weight(i)),
    shape,
  );
}

function toTensor({ shape, dtype, values }: Input): Tensor {
  return tf.tensor(values.slice(), [...shape], dtype);
}

function toResult(tensor: Tensor): Result {
  return { shape: tensor.shape, dtype: tensor.dtype, values: tensor.dataSync().slice() };
}
