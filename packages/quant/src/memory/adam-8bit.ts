import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { type NamedVariables, type Optimizer, type OptimizerState } from '@x/tensor';
import { adam8bitState, adam8bitStep, type Adam8bitNumbers } from '@x/tensor/quant';
import { checkOptions } from '@x/tensor/arguments';
import { checkNumber, show } from '../validation.ts';

export interface Adam8bitOptions {
  /**
   * What a byte of the state stands for: 8-bit floats, or numbers of the paper's dynamic map, which takes three times as long: see `adam8bitStep` of
   * `@x/tensor/quant`. Default `float8`.
   */
  readonly code?: 'dynamic' | 'float8';
  /** A number, or a function of the step, counted from 0. Default 0.001. */
  readonly learningRate?: number | ((step: number) => number);
  /** Part of the gradient's running mean that is kept at each step. Default 0.9. */
  readonly beta1?: number;
  /** Part of the running mean of its square that is kept. Default 0.999. */
  readonly beta2?: number;
  /** Added to the root of that mean. Default 1e-8. */
  readonly epsilon?: number;
  /** Decoupled: a step first takes learningRate · weightDecay of the parameter away. Default 0. */
  readonly weightDecay?: number;
  /** Numbers that share a scale, a multiple of 32 (`dynamic`: of 4) up to 65536. Default 256. */
  readonly block?: number;
  /** Parameters of fewer numbers keep a state of 32 bits. Default 4096. */
  readonly least?: number;
}

/**
 * Adam whose two running means are kept in 8 bits: codes of floats, or of the dynamic map, signed for the mean and unsigned for the square,
 * in blocks that each have a scale. A step decodes a parameter's state, does {@link adam}'s update in float32, and encodes it.
 *
 * State: the slots `mean` and `square` hold codes, four to a word, of large parameters and numbers of small ones; `meanScale` and
 * `squareScale` the scales of blocks: 2.03 bytes a parameter instead of 8.
 *
 * @throws {RangeError} if an option is out of range.
 * @example
 * const optimizer = adam8bit({ learningRate: 1e-3 });
 *
 * T. Dettmers et al., "8-bit Optimizers via Block-wise Quantization", 2021, arXiv 2110.02861, whose code is `dynamic`.
 */
export function adam8bit(options: Adam8bitOptions = {}): Optimizer {
  checkOptions('adam8bit', options);
  const where = 'adam8bit';
  const {
    code = 'float8',
    learningRate = 0.001,
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon = 1e-8,
    weightDecay = 0,
    block = 256,
    least = 4096,
  } = options;
  if (typeof learningRate !== 'function') checkNumber(where, 'learningRate', learningRate, { least: 0 });
  for (const [name, beta] of Object.entries({ beta1, beta2 })) checkNumber(where, name, beta, { least: 0, most: 1 - 2 ** -52 });
  checkNumber(where, 'epsilon', epsilon, { least: 0 });
  checkNumber(where, 'weightDecay', weightDecay, { least: 0 });
  checkNumber(where, 'block', block, { least: 16, most: 65536, whole: true });
  if (code !== 'float8' && code !== 'dynamic') throw new RangeError(`${where}: code is ${show(code)}, but must be 'float8' or 'dynamic'.`);
  const unit = code === 'float8' ? 32 : 4;
  if (block % unit !== 0) throw new RangeError(`${where}: block is ${block}, but must be a multiple of ${unit} for the code ${code}.`);
  checkNumber(where, 'least', least, { least: 0, whole: true });

  return {
    init: (parameters) => ({ step: 0, slots: tf.tidy(() => initialSlots(parameters, { code, block }, least)) }),
    update: (parameters, gradients, state) => {
      const rate = typeof learningRate === 'function' ? learningRate(state.step) : learningRate;
      checkNumber(`${where}.update`, `the learning rate at step ${state.step}`, rate, { least: 0 });
      const step = state.step + 1;
      const numbers = { code, block, learningRate: rate, beta1, beta2, epsilon, step, weightDecay };
      const entries = Object.entries(gradients).map(
        ([name, gradient]) => [parameterOf(parameters, name, gradient), gradient, memoryOf(state, name)] as const,
      );
      for (const [parameter, gradient, { mean, square, meanScale, squareScale }] of entries) {
        if (meanScale && squareScale) adam8bitStep(parameter, gradient, { mean, square, meanScale, squareScale }, numbers);
        else tf.tidy(() => updateSmall(parameter, gradient, mean, square, numbers));
      }
      state.step = step;
    },
  };
}

/** One parameter's state. */
interface Memory {
  readonly mean: Variable;
  readonly square: Variable;
  /** Missing where the state has 32 bits. */
  readonly meanScale: Variable | undefined;
  readonly squareScale: Variable | undefined;
}

function initialSlots(
  parameters: NamedVariables,
  options: NonNullable<Parameters<typeof adam8bitState>[1]>,
  least: number,
): Record<string, NamedVariables> {
  const slots: Record<'mean' | 'square' | 'meanScale' | 'squareScale', Record<string, Variable>> = {
    mean: {},
    square: {},
    meanScale: {},
    squareScale: {},
  };
  for (const [name, { size, shape }] of Object.entries(parameters)) {
    if (size < least || size === 0) {
      slots.mean[name] = tf.variable(tf.zeros(shape), false);
      slots.square[name] = tf.variable(tf.zeros(shape), false);
    } else for (const [slot, variable] of Object.entries(adam8bitState(size, options))) slots[slot as keyof typeof slots][name] = variable;
  }
  return slots;
}

function parameterOf(parameters: NamedVariables, name: string, gradient: Tensor): Variable {
  const parameter = parameters[name];
  if (!parameter)
    throw new RangeError(
      `adam8bit.update: gradients['${name}'] belongs to no parameter; the parameters are ${Object.keys(parameters).join(', ')}.`,
    );
  if (gradient.size !== parameter.size)
    throw new RangeError(
      `adam8bit.update: gradients['${name}'] has the shape [${gradient.shape.join(', ')}], but its parameter has [${parameter.shape.join(', ')}].`,
    );
  return parameter;
}

function memoryOf({ slots }: OptimizerState, name: string): Memory {
  const [mean, square] = [slots['mean']?.[name], slots['square']?.[name]];
  if (!mean || !square || mean.isDisposed || square.isDisposed)
    throw new RangeError(`adam8bit.update: state has no live memory of '${name}'; use the state that init made for these parameters.`);
  return { mean, square, meanScale: slots['meanScale']?.[name], squareScale: slots['squareScale']?.[name] };
}

/** Adam of a few numbers, in float32. */
function updateSmall(parameter: Variable, gradient: Tensor, mean: Variable, square: Variable, numbers: Adam8bitNumbers): void {
  const { learningRate, beta1, beta2, epsilon, step, weightDecay } = numbers;
  mean.assign(tf.add(tf.mul(mean, beta1), tf.mul(gradient, 1 - beta1)));
  square.assign(tf.add(tf.mul(square, beta2), tf.mul(tf.square(gradient), 1 - beta2)));
  const root = tf.add(tf.div(tf.sqrt(square), Math.sqrt(1 - beta2 ** step)), epsilon);
  const change = tf.div(tf.mul(mean, learningRate / (1 - beta1 ** step)), root);
  parameter.assign(tf.sub(tf.mul(parameter, 1 - learningRate * weightDecay), change));
}
