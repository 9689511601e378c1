import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { NamedVariables, Optimizer, OptimizerState } from '@x/tensor';
import { checkNumber } from '../validation.ts';
import { decodeBlockwise, encodeBlockwise, type Sign } from './block-codes.ts';

export interface Adam8bitOptions {
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
  /** Numbers that share a scale. Default 256. */
  readonly block?: number;
  /** Parameters of fewer numbers keep a state of 32 bits. Default 4096. */
  readonly least?: number;
}

/**
 * Adam whose two running means are kept in 8 bits: codes of the dynamic map, signed for the mean and unsigned for the square,
 * in blocks that each have a scale. A step decodes a parameter's state, does {@link adam}'s update in float32, and encodes it.
 *
 * State: the slots `mean` and `square` hold codes, four to a word, of large parameters and numbers of small ones; `meanScale` and
 * `squareScale` the scales of blocks: 2.03 bytes a parameter instead of 8.
 *
 * @throws {RangeError} if an option is out of range.
 * @example
 * const optimizer = adam8bit({ learningRate: 1e-3 });
 *
 * T. Dettmers et al., "8-bit Optimizers via Block-wise Quantization", 2021, arXiv 2110.02861.
 */
export function adam8bit(options: Adam8bitOptions = {}): Optimizer {
  const where = 'adam8bit';
  const { learningRate = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0, block = 256, least = 4096 } = options;
  if (typeof learningRate !== 'function') checkNumber(where, 'learningRate', learningRate, { least: 0 });
  for (const [name, beta] of Object.entries({ beta1, beta2 })) checkNumber(where, name, beta, { least: 0, most: 1 - 2 ** -52 });
  checkNumber(where, 'epsilon', epsilon, { least: 0 });
  checkNumber(where, 'weightDecay', weightDecay, { least: 0 });
  checkNumber(where, 'block', block, { least: 16, whole: true });
  checkNumber(where, 'least', least, { least: 0, whole: true });

  return {
    init: (parameters) => ({ step: 0, slots: tf.tidy(() => initialSlots(parameters, block, least)) }),
    update: (parameters, gradients, state) => {
      const rate = typeof learningRate === 'function' ? learningRate(state.step) : learningRate;
      checkNumber(`${where}.update`, `the learning rate at step ${state.step}`, rate, { least: 0 });
      const step = state.step + 1;
      const numbers = {
        rate: rate / (1 - beta1 ** step),
        root: Math.sqrt(1 - beta2 ** step),
        shrink: 1 - rate * weightDecay,
        beta1,
        beta2,
        epsilon,
      };
      const entries = Object.entries(gradients).map(
        ([name, gradient]) => [parameterOf(parameters, name, gradient), gradient, memoryOf(state, name)] as const,
      );
      for (const [parameter, gradient, memory] of entries) tf.tidy(() => updateOne(parameter, gradient, memory, block, numbers));
      state.step = step;
    },
  };
}

interface Numbers {
  readonly rate: number;
  readonly root: number;
  readonly shrink: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** One parameter's state. */
interface Memory {
  readonly mean: Variable;
  readonly square: Variable;
  /** Missing where the state has 32 bits. */
  readonly meanScale: Variable | undefined;
  readonly squareScale: Variable | undefined;
}

function initialSlots(parameters: NamedVariables, block: number, least: number): Record<string, NamedVariables> {
  const slots: Record<'mean' | 'square' | 'meanScale' | 'squareScale', Record<string, Variable>> = {
    mean: {},
    square: {},
    meanScale: {},
    squareScale: {},
  };
  for (const [name, { size, shape }] of Object.entries(parameters)) {
    for (const [sign, slot, scaleSlot] of [
      ['signed', 'mean', 'meanScale'],
      ['unsigned', 'square', 'squareScale'],
    ] as const) {
      if (size < least) {
        slots[slot][name] = tf.variable(tf.zeros(shape), false);
        continue;
      }
      const scales = new Float32Array(Math.ceil(size / block));
      const codes = new Uint8Array(Math.ceil(size / 4) * 4);
      encodeBlockwise(new Float32Array(size), codes, scales, block, sign);
      slots[slot][name] = tf.variable(words(codes), false);
      slots[scaleSlot][name] = tf.variable(tf.tensor1d(scales, 'float32'), false);
    }
  }
  return slots;
}

function words(codes: Uint8Array): Tensor {
  return tf.tensor1d(new Int32Array(codes.buffer as ArrayBuffer, codes.byteOffset, codes.length / 4), 'int32');
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

function updateOne(
  parameter: Variable,
  gradient: Tensor,
  memory: Memory,
  block: number,
  { rate, root, shrink, beta1, beta2, epsilon }: Numbers,
): void {
  const p = (parameter.dataSync() as Float32Array).slice();
  const g = gradient.dataSync();
  const m = load(memory.mean, memory.meanScale, p.length, block, 'signed');
  const v = load(memory.square, memory.squareScale, p.length, block, 'unsigned');
  for (let i = 0; i < p.length; i++) {
    const own = g[i] as number;
    m[i] = beta1 * (m[i] as number) + (1 - beta1) * own;
    v[i] = beta2 * (v[i] as number) + (1 - beta2) * own * own;
    p[i] = shrink * (p[i] as number) - (rate * (m[i] as number)) / (Math.sqrt(v[i] as number) / root + epsilon);
  }
  parameter.assign(tf.tensor(p, parameter.shape, 'float32'));
  store(m, memory.mean, memory.meanScale, block, 'signed');
  store(v, memory.square, memory.squareScale, block, 'unsigned');
}

function load(slot: Variable, scale: Variable | undefined, size: number, block: number, sign: Sign): Float32Array {
  if (!scale) return (slot.dataSync() as Float32Array).slice();
  const packed = slot.dataSync() as Int32Array;
  const values = new Float32Array(size);
  decodeBlockwise(
    new Uint8Array(packed.buffer, packed.byteOffset, packed.byteLength),
    scale.dataSync() as Float32Array,
    values,
    block,
    sign,
  );
  return values;
}

function store(values: Float32Array, slot: Variable, scale: Variable | undefined, block: number, sign: Sign): void {
  if (!scale) {
    slot.assign(tf.tensor(values, slot.shape, 'float32'));
    return;
  }
  const codes = new Uint8Array(slot.size * 4);
  const scales = new Float32Array(scale.size);
  encodeBlockwise(values, codes, scales, block, sign);
  slot.assign(words(codes));
  scale.assign(tf.tensor1d(scales, 'float32'));
}
