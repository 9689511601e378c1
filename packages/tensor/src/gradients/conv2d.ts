import * as tf from '@tensorflow/tfjs-core';
import type { Conv2DAttrs, Conv2DBackpropFilterAttrs, Conv2DBackpropInputAttrs, GradConfig, Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { defineGradient } from './define-gradient.ts';
import { type Dealing, dealing } from './dilated-convolution.ts';
import { runKernel } from './run-kernel.ts';

type Shape4D = [number, number, number, number];

const NHWC_OF_NCHW = [0, 2, 3, 1];
const NCHW_OF_NHWC = [0, 3, 1, 2];
const PLAIN = { strides: [1, 1], pad: 'valid', dataFormat: 'NHWC' };

/** Gradients of a dilated convolution, NHWC; tfjs refuses them. */
function dilatedGradients(dy: Tensor, x: Tensor, filter: Tensor, attrs: Conv2DAttrs): [() => Tensor, () => Tensor] {
  const { strides, pad, dilations, dimRoundingMode } = attrs;
  const channelsFirst = attrs.dataFormat === 'NCHW';
  const lastly = (t: Tensor): Tensor => (channelsFirst ? tf.transpose(t, NHWC_OF_NCHW) : t);
  const info = tf.backend_util.computeConv2DInfo(
    x.shape as Shape4D,
    filter.shape as Shape4D,
    strides,
    dilations,
    pad,
    dimRoundingMode,
    false,
    channelsFirst ? 'channelsFirst' : 'channelsLast',
  );
  const { top, bottom, left, right } = info.padInfo;
  const dealt: Dealing = dealing(
    [info.inHeight, info.inWidth],
    [info.dilationHeight, info.dilationWidth],
    [
      [top, bottom],
      [left, right],
    ],
  );
  return [
    () => {
      const dealtDy = dealt.dealOutput(lastly(dy));
      const [batch = 0, height = 0, width = 0] = dealtDy.shape;
      const { filterHeight, filterWidth, inChannels } = info;
      const inputShape = [batch, height + filterHeight - 1, width + filterWidth - 1, inChannels];
      const dx = dealt.collect(runKernel(tf.Conv2DBackpropInput, { dy: dealtDy, filter }, { ...PLAIN, inputShape }));
      return channelsFirst ? tf.transpose(dx, NCHW_OF_NHWC) : dx;
    },
    () => {
      const inputs = { x: dealt.deal(lastly(x)), dy: dealt.dealOutput(lastly(dy)) };
      return runKernel(tf.Conv2DBackpropFilter, inputs, { ...PLAIN, filterShape: filter.shape });
    },
  ];
}

/** `y = x * filter`: `dx` is the transposed convolution of `dy`, `dfilter` the correlation of `x` with `dy`. */
export const conv2DGradient: GradConfig = defineGradient<[Tensor, Tensor], Conv2DAttrs>({
  kernelName: tf.Conv2D,
  inputsToSave: ['x', 'filter'],
  gradFunc: (dy, [x, filter], attrs) => {
    const { strides, pad, dataFormat, dilations, dimRoundingMode } = attrs;
    if (!tf.backend_util.tupleValuesAreOne(dilations)) {
      const [dx, dFilter] = dilatedGradients(dy, x, filter, attrs);
      return { x: dx, filter: dFilter };
    }
    const shared = { strides, pad, dataFormat, dimRoundingMode };
    return {
      x: () => runKernel(tf.Conv2DBackpropInput, { dy, filter }, { ...shared, inputShape: x.shape }),
      filter: () => runKernel(tf.Conv2DBackpropFilter, { x, dy }, { ...shared, filterShape: filter.shape }),
    };
  },
});

/** The transposed convolution: `d(dy)` is the convolution of its output's gradient, `dfilter` as in `Conv2D`. */
export const conv2DBackpropInputGradient: GradConfig = defineGradient<[Tensor, Tensor], Conv2DBackpropInputAttrs>({
  kernelName: tf.Conv2DBackpropInput,
  inputsToSave: ['dy', 'filter'],
  gradFunc: (ddx, [dy, filter], { strides, pad, dataFormat, dimRoundingMode }) => ({
    dy: () => tf.conv2d(ddx as Tensor4D, filter as Tensor4D, strides, pad, dataFormat, 1, dimRoundingMode),
    filter: () =>
      runKernel(tf.Conv2DBackpropFilter, { x: ddx, dy }, { strides, pad, dataFormat, dimRoundingMode, filterShape: filter.shape }),
  }),
});

/** The filter's gradient as an operation of its own, for gradients of gradients; tfjs has none. */
export const conv2DBackpropFilterGradient: GradConfig = defineGradient<[Tensor, Tensor], Conv2DBackpropFilterAttrs>({
  kernelName: tf.Conv2DBackpropFilter,
  inputsToSave: ['x', 'dy'],
  gradFunc: (ddFilter, [x, dy], { strides, pad, dataFormat, dimRoundingMode }) => ({
    x: () =>
      runKernel(tf.Conv2DBackpropInput, { dy, filter: ddFilter }, { strides, pad, dataFormat, dimRoundingMode, inputShape: x.shape }),
    dy: () => tf.conv2d(x as Tensor4D, ddFilter as Tensor4D, strides, pad, dataFormat, 1, dimRoundingMode),
  }),
});
