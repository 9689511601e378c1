import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { activationNames, invertible, type ActivationName } from '../activation-name.ts';
import { compose } from '../activation.ts';
import { checkChoice, checkNumber, checkTensor } from '../arguments.ts';

/** @throws {TypeError | RangeError} unless x, bias and the activation suit a linear map [rows, columns]. */
export function checkLinear(
  where: string,
  x: Tensor,
  { rows, columns }: { readonly rows: number; readonly columns: number },
  bias: Tensor | undefined,
  activation: ActivationName,
  slope: number,
): void {
  checkTensor(where, 'x', x, { dtype: 'float32', leastRank: 1 });
  if (x.shape.at(-1) !== columns)
    throw new RangeError(
      `${where}: x has ${x.shape.at(-1)} values along its last axis (its shape is [${x.shape.join(', ')}]), but the pattern [${rows}, ${columns}] takes ${columns}.`,
    );
  if (bias !== undefined) checkTensor(where, 'bias', bias, { dtype: 'float32', shape: [rows] });
  checkChoice(where, 'activation', activation, activationNames);
  checkNumber(where, 'slope', slope);
}

/** x as [batch, columns]. */
export function asMatrix(x: Tensor, columns: number): Tensor {
  return x.rank === 2 ? x : tf.reshape(x, [-1, columns]);
}

/** Whether tfjs records what it does now, for a backward pass. */
export function isRecorded(): boolean {
  const { gradientDepth, kernelDepth } = tf.engine().state;
  return gradientDepth > 0 && kernelDepth === 0;
}

const fusible: ReadonlySet<string> = new Set(['linear', 'relu', 'relu6', 'leakyrelu']);

/** The product by a kernel with its activation, which the kernel does if it can and else follows it. */
export function fused(activation: ActivationName, slope: number, run: (kernelActivation: string) => Tensor): Tensor {
  const name = activation === 'linear' ? 'linear' : invertible[activation];
  if (name !== undefined && fusible.has(name)) return run(name);
  return compose(run('linear'), activation, slope);
}

/** A product with its bias and activation, one by one. */
export function unfused(product: Tensor, bias: Tensor | undefined, activation: ActivationName, slope: number): Tensor {
  const z = bias === undefined ? product : tf.add(product, bias);
  return activation === 'linear' ? z : compose(z, activation, slope);
}
