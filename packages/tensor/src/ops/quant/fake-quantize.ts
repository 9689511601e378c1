import * as tf from '@tensorflow/tfjs-core';
import { Tensor, type GradConfig } from '@tensorflow/tfjs-core';
import { defineGradient } from '../../gradients/define-gradient.ts';
import { checkOptions } from '../argument-kinds.ts';
import { checkNumber, checkTensor, describe } from '../arguments.ts';
import { hasFamilyKernel, needGradient, needGradients, runKernel } from '../kernel.ts';
import { checkScale } from './quantization.ts';

export interface FakeQuantizeOptions {
  /** Width, 2 to 16. Default 8. */
  readonly bits?: number;
  /** The integer that stands for 0. Default 0. */
  readonly zeroPoint?: number;
  /** Integers from 0 to 2^bits - 1 instead of -2^(bits - 1) to 2^(bits - 1) - 1. Default false. */
  readonly unsigned?: boolean;
  /** Without the least integer, so that there are as many below 0 as above. Default false. */
  readonly narrow?: boolean;
  /** What the gradient of a scale is multiplied by. Default 1; LSQ has 1 / sqrt(x.size · most). */
  readonly gradientScale?: number;
}

/**
 * Numbers as they are after quantizing and dequantizing, for training with the weights and activations of few bits:
 * v̂ = scale · (clamp(round(v / scale) + zeroPoint, least, most) - zeroPoint), ties to even.
 *
 * Its gradient passes straight through where the integer is not clamped, and is 0 elsewhere. The gradient of a scale given as a
 * tensor is that of learned step sizes: round(v / s) - v / s where not clamped, else the end - zeroPoint, times `gradientScale`.
 *
 * @param x float32 of any shape.
 * @param scale Above 0: a number, a scalar tensor, or float32[n] for each place of x's last axis of size n.
 * @returns float32 of x's shape, differentiable once in x and in a scale that is a tensor.
 * @throws {TypeError | RangeError} if x or scale has another dtype or shape, or an option is out of range.
 * @example
 * const weight = fakeQuantize(dense.variables.weight, scale, { bits: 4, narrow: true }); // in a layer's apply
 *
 * B. Jacob et al., 2017, arXiv 1712.05877; S. K. Esser et al., "Learned Step Size Quantization", 2019, arXiv 1902.08153.
 */
export function fakeQuantize(x: Tensor, scale: number | Tensor, options: FakeQuantizeOptions = {}): Tensor {
  const { bits = 8, zeroPoint = 0, unsigned = false, narrow = false, gradientScale = 1 } = checkOptions('fakeQuantize', options);
  const where = 'fakeQuantize';
  checkTensor(where, 'x', x, { dtype: 'float32' });
  checkNumber(where, 'bits', bits, { least: 2, most: 16, whole: true });
  const [least, most] = integersOf(bits, unsigned, narrow);
  checkNumber(where, 'zeroPoint', zeroPoint, { least, most, whole: true });
  checkNumber(where, 'gradientScale', gradientScale);
  const from = least - zeroPoint;
  const to = most - zeroPoint;
  needGradients();
  if (typeof scale === 'number') {
    checkScale(where, 'scale', scale);
    return tf.tidy(() => apply(x, tf.scalar(scale), from, to, gradientScale));
  }
  if (!(scale instanceof Tensor))
    throw new TypeError(
      `${where}: scale is ${describe(scale)}, but must be a number or a tensor of one, or of one for each place of x's last axis.`,
    );
  checkTensor(where, 'scale', scale, { dtype: 'float32', rank: [0, 1] });
  if (scale.rank === 1 && scale.size !== x.shape.at(-1))
    throw new RangeError(
      `${where}: scale is ${describe(scale)}, but must have ${x.shape.at(-1)} numbers, one for each place of x's last axis, or be a scalar.`,
    );
  return apply(x, scale, from, to, gradientScale);
}

function apply(x: Tensor, scale: Tensor, from: number, until: number, gradientScale: number): Tensor {
  if (!hasFamilyKernel('quant', 'XFakeQuantize')) return composed(x, scale, from, until, gradientScale);
  needGradient(fakeQuantizeGradient);
  return runKernel<Tensor>('XFakeQuantize', { x, scale }, { from, until, gradientScale });
}

const fakeQuantizeGradient: GradConfig = defineGradient<[Tensor, Tensor]>({
  kernelName: 'XFakeQuantize',
  inputsToSave: ['x', 'scale'],
  gradFunc: (dy, [x, scale], attributes) => {
    // At once, because tfjs asks for each in a tidy of its own.
    const [dx, dscale] = runKernel<Tensor[]>('XFakeQuantizeGrad', { dy, x, scale }, attributes) as [Tensor, Tensor];
    return { x: () => dx, scale: () => dscale };
  },
});

/** Least and largest integer of a width. */
export function integersOf(bits: number, unsigned: boolean, narrow: boolean): readonly [least: number, most: number] {
  if (unsigned) return [narrow ? 1 : 0, 2 ** bits - 1];
  const half = 2 ** (bits - 1);
  return [narrow ? 1 - half : -half, half - 1];
}

function composed(x: Tensor, scale: Tensor, from: number, to: number, gradientScale: number): Tensor {
  const run = tf.customGrad((...args: unknown[]) => {
    const [v, s, save] = args as [Tensor, Tensor, (tensors: Tensor[]) => void];
    save([v, s]);
    const value = tf.tidy(() => tf.mul(tf.clipByValue(tf.round(tf.div(v, s)), from, to), s));
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] => {
      const [v, s] = saved as [Tensor, Tensor];
      const quotient = tf.div(v, s);
      const rounded = tf.round(quotient);
      const inside = tf.logicalAnd(tf.greaterEqual(rounded, from), tf.lessEqual(rounded, to));
      const dv = tf.where(inside, dy, tf.zerosLike(dy));
      const slope = tf.where(inside, tf.sub(rounded, quotient), tf.clipByValue(rounded, from, to));
      const whole = tf.mul(tf.mul(dy, slope), gradientScale);
      const ds = s.rank === 0 ? tf.sum(whole) : tf.sum(tf.reshape(whole, [-1, s.size]), 0);
      return [dv, ds];
    };
    return { value, gradFunc: gradFunc as never };
  });
  return run(x, scale);
}
