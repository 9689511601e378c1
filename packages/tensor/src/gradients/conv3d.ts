import * as tf from '@tensorflow/tfjs-core';
import type { Conv3DAttrs, Conv3DBackpropInputV2Attrs, GradConfig, Tensor, Tensor5D } from '@tensorflow/tfjs-core';
import { defineGradient } from './define-gradient.ts';
import { dealing } from './dilated-convolution.ts';
import { runKernel } from './run-kernel.ts';

type Shape5D = [number, number, number, number, number];

const PLAIN = { strides: [1, 1, 1], pad: 'valid' };

/** `y = x * filter`: `dx` is the transposed convolution of `dy`, `dfilter` the correlation of `x` with `dy`; NDHWC. */
export const conv3DGradient: GradConfig = defineGradient<[Tensor, Tensor], Conv3DAttrs>({
  kernelName: tf.Conv3D,
  inputsToSave: ['x', 'filter'],
  gradFunc: (dy, [x, filter], { strides, pad, dilations }) => {
    if (tf.backend_util.tupleValuesAreOne(dilations)) {
      return {
        x: () => runKernel(tf.Conv3DBackpropInputV2, { dy, filter }, { strides, pad, inputShape: x.shape }),
        filter: () => runKernel(tf.Conv3DBackpropFilterV2, { x, dy }, { strides, pad, filterShape: filter.shape }),
      };
    }
    const info = tf.backend_util.computeConv3DInfo(x.shape as Shape5D, filter.shape as Shape5D, strides, dilations, pad);
    const { front, back, top, bottom, left, right } = info.padInfo;
    const dealt = dealing(
      [info.inDepth, info.inHeight, info.inWidth],
      [info.dilationDepth, info.dilationHeight, info.dilationWidth],
      [
        [front, back],
        [top, bottom],
        [left, right],
      ],
    );
    return {
      x: () => {
        const dealtDy = dealt.dealOutput(dy);
        const inputShape = dealtDy.shape.map((n, i) => {
          if (i === 0) return n;
          return i === 4 ? info.inChannels : n + (filter.shape[i - 1] ?? 1) - 1;
        });
        return dealt.collect(runKernel(tf.Conv3DBackpropInputV2, { dy: dealtDy, filter }, { ...PLAIN, inputShape }));
      },
      filter: () => {
        const inputs = { x: dealt.deal(x), dy: dealt.dealOutput(dy) };
        return runKernel(tf.Conv3DBackpropFilterV2, inputs, { ...PLAIN, filterShape: filter.shape });
      },
    };
  },
});

/** The transposed 3D convolution, which tfjs can run but not train. */
export const conv3DBackpropInputV2Gradient: GradConfig = defineGradient<[Tensor, Tensor], Conv3DBackpropInputV2Attrs>({
  kernelName: tf.Conv3DBackpropInputV2,
  inputsToSave: ['dy', 'filter'],
  gradFunc: (ddx, [dy, filter], { strides, pad }) => ({
    dy: () => tf.conv3d(ddx as Tensor5D, filter as Tensor5D, strides, pad),
    filter: () => runKernel(tf.Conv3DBackpropFilterV2, { x: ddx, dy }, { strides, pad, filterShape: filter.shape }),
  }),
});
