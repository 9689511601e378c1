import * as tf from '@tensorflow/tfjs-core';
import type { AvgPool3DAttrs, AvgPoolAttrs, GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from './define-gradient.ts';
import { runKernel } from './run-kernel.ts';

/** How windows of one axis lie over the image. */
interface Windows {
  readonly inSize: number;
  readonly outSize: number;
  readonly filter: number;
  readonly stride: number;
  readonly before: number;
}

/** For each window of one axis the ratio of its length to how much of it lies in the image. */
function overhang({ inSize, outSize, filter, stride, before }: Windows): number[] {
  return Array.from({ length: outSize }, (_, o) => {
    const start = o * stride - before;
    const inside = Math.min(start + filter, inSize) - Math.max(start, 0);
    return filter / Math.max(inside, 1);
  });
}

/**
 * The gradient that the backward kernels of average pooling want.
 *
 * The forward kernels average over the part of a window that lies in the image; tfjs's backward kernels divide by the
 * whole window all the same. So windows that overhang get their `dy` enlarged beforehand.
 */
function forWholeWindows(dy: Tensor, axes: readonly Windows[]): Tensor {
  const ratios = axes.map(overhang);
  if (ratios.every((axis) => axis.every((ratio) => ratio === 1))) return dy;
  const products = ratios.reduce<number[]>((outer, axis) => outer.flatMap((a) => axis.map((b) => a * b)), [1]);
  return tf.mul(dy, tf.tensor(products, [...ratios.map((axis) => axis.length), 1]));
}

/** `dy` shared out evenly over each window's part in the image. */
export const avgPoolGradient: GradConfig = defineGradient<[Tensor], AvgPoolAttrs>({
  kernelName: tf.AvgPool,
  inputsToSave: ['x'],
  gradFunc: (dy, [x], attrs) => ({
    x: () => {
      const { filterSize, strides, pad, dimRoundingMode } = attrs;
      const shape = x.shape as [number, number, number, number];
      const info = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
      const { inHeight, inWidth, outHeight, outWidth, padInfo } = info;
      const whole = forWholeWindows(dy, [
        { inSize: inHeight, outSize: outHeight, filter: info.filterHeight, stride: info.strideHeight, before: padInfo.top },
        { inSize: inWidth, outSize: outWidth, filter: info.filterWidth, stride: info.strideWidth, before: padInfo.left },
      ]);
      return runKernel(tf.AvgPoolGrad, { dy: whole, input: x }, attrs);
    },
  }),
});

/** `dy` shared out evenly over each window's part in the volume. */
export const avgPool3DGradient: GradConfig = defineGradient<[Tensor], AvgPool3DAttrs>({
  kernelName: tf.AvgPool3D,
  inputsToSave: ['x'],
  gradFunc: (dy, [x], attrs) => ({
    x: () => {
      const { filterSize, strides, pad, dimRoundingMode } = attrs;
      const shape = x.shape as [number, number, number, number, number];
      const info = tf.backend_util.computePool3DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
      const { inDepth, inHeight, inWidth, outDepth, outHeight, outWidth, padInfo } = info;
      const whole = forWholeWindows(dy, [
        { inSize: inDepth, outSize: outDepth, filter: info.filterDepth, stride: info.strideDepth, before: padInfo.front },
        { inSize: inHeight, outSize: outHeight, filter: info.filterHeight, stride: info.strideHeight, before: padInfo.top },
        { inSize: inWidth, outSize: outWidth, filter: info.filterWidth, stride: info.strideWidth, before: padInfo.left },
      ]);
      return runKernel(tf.AvgPool3DGrad, { dy: whole, input: x }, attrs);
    },
  }),
});

/** `dy` to the one element of each window that was its maximum; the kernels take the forward ones' attributes. */
function maximumGradient(kernelName: string, backward: string): GradConfig {
  return defineGradient<[Tensor, Tensor]>({
    kernelName,
    inputsToSave: ['x'],
    outputsToSave: [true],
    gradFunc: (dy, [x, y], attrs) => ({ x: () => runKernel(backward, { dy, input: x, output: y }, attrs) }),
  });
}

export const maxPoolGradient: GradConfig = maximumGradient(tf.MaxPool, tf.MaxPoolGrad);
export const maxPool3DGradient: GradConfig = maximumGradient(tf.MaxPool3D, tf.MaxPool3DGrad);

/** As `MaxPool`; the positions it returns besides have no gradient. */
export const maxPoolWithArgmaxGradient: GradConfig = defineGradient<[Tensor, Tensor], object, [Tensor, Tensor]>({
  kernelName: tf.MaxPoolWithArgmax,
  inputsToSave: ['x'],
  outputsToSave: [true, false],
  gradFunc: ([dy], [x, y], attrs) => ({ x: () => runKernel(tf.MaxPoolGrad, { dy, input: x, output: y }, attrs) }),
});
