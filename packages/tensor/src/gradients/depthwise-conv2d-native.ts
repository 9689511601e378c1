import * as tf from '@tensorflow/tfjs-core';
import type { DepthwiseConv2dNativeAttrs, GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from './define-gradient.ts';
import { dealing } from './dilated-convolution.ts';
import { runKernel } from './run-kernel.ts';

type Shape4D = [number, number, number, number];

const PLAIN = { strides: [1, 1], pad: 'valid', dilations: [1, 1] };

/** Each input channel convolved with filters of its own, NHWC; dilated ones too, which tfjs refuses. */
export const depthwiseConv2dNativeGradient: GradConfig = defineGradient<[Tensor, Tensor], DepthwiseConv2dNativeAttrs>({
  kernelName: tf.DepthwiseConv2dNative,
  inputsToSave: ['x', 'filter'],
  gradFunc: (dy, [x, filter], attrs) => {
    const { strides, pad, dimRoundingMode } = attrs;
    const dilations = attrs.dilations ?? [1, 1];
    if (tf.backend_util.tupleValuesAreOne(dilations)) {
      const shared = { strides, pad, dimRoundingMode, dilations };
      return {
        x: () => runKernel(tf.DepthwiseConv2dNativeBackpropInput, { dy, filter }, { ...shared, inputShape: x.shape }),
        filter: () => runKernel(tf.DepthwiseConv2dNativeBackpropFilter, { x, dy }, { ...shared, filterShape: filter.shape }),
      };
    }
    const info = tf.backend_util.computeConv2DInfo(
      x.shape as Shape4D,
      filter.shape as Shape4D,
      strides,
      dilations,
      pad,
      dimRoundingMode,
      true,
    );
    const { top, bottom, left, right } = info.padInfo;
    const dealt = dealing(
      [info.inHeight, info.inWidth],
      [info.dilationHeight, info.dilationWidth],
      [
        [top, bottom],
        [left, right],
      ],
    );
    return {
      x: () => {
        const dealtDy = dealt.dealOutput(dy);
        const [batch = 0, height = 0, width = 0] = dealtDy.shape;
        const inputShape = [batch, height + info.filterHeight - 1, width + info.filterWidth - 1, info.inChannels];
        return dealt.collect(runKernel(tf.DepthwiseConv2dNativeBackpropInput, { dy: dealtDy, filter }, { ...PLAIN, inputShape }));
      },
      filter: () => {
        const inputs = { x: dealt.deal(x), dy: dealt.dealOutput(dy) };
        return runKernel(tf.DepthwiseConv2dNativeBackpropFilter, inputs, { ...PLAIN, filterShape: filter.shape });
      },
    };
  },
});
