import { backend_util, util, type TensorInfo } from '@tensorflow/tfjs-core';
import { conv, convFilterGradient, convInputGradient } from '../kernels/conv.ts';
import type { Windows } from '../kernels/conv-windows.ts';
import { fill } from '../kernels/fill.ts';
import { gemmActivations, type GemmActivation } from '../kernels/product.ts';
import type { XBackend } from './backend.ts';
import { channelsFirst, pixelsFirst } from './channel-order.ts';
import { applyActivation, replace } from './fused-matmul.ts';
import type { BackendKernel, KernelCall } from './kernel.ts';

type Shape4D = [number, number, number, number];
type Shape5D = [number, number, number, number, number];
type Steps = number | [number, number];
type Steps3D = number | [number, number, number];

interface Attributes {
  readonly strides: Steps;
  readonly pad: 'valid' | 'same' | number | backend_util.ExplicitPadding;
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dilations?: Steps;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly inputShape: Shape4D;
  readonly filterShape: Shape4D;
  readonly activation?: string;
  readonly leakyreluAlpha?: number;
}
interface Attributes3D {
  readonly strides: Steps3D;
  readonly pad: 'valid' | 'same';
  readonly dilations?: Steps3D;
  readonly inputShape: Shape5D;
  readonly filterShape: Shape5D;
}

const isNCHW = ({ dataFormat }: Attributes): boolean => dataFormat === 'NCHW';

/** The windows of a flat convolution, and how many channels it gives; `shape` is the image's, whatever its order. */
function windows2D(shape: number[], filter: number[], attributes: Attributes): { windows: Windows; outputs: number } {
  const { strides, pad, dilations = 1, dimRoundingMode } = attributes;
  const order = isNCHW(attributes) ? 'channelsFirst' : 'channelsLast';
  const info = backend_util.computeConv2DInfo(shape as Shape4D, filter as Shape4D, strides, dilations, pad, dimRoundingMode, false, order);
  return {
    windows: {
      batch: info.batchSize,
      channels: info.inChannels,
      image: [1, info.inHeight, info.inWidth],
      grid: [1, info.outHeight, info.outWidth],
      window: [1, info.filterHeight, info.filterWidth],
      stride: [1, info.strideHeight, info.strideWidth],
      dilation: [1, info.dilationHeight, info.dilationWidth],
      before: [0, info.padInfo.top, info.padInfo.left],
    },
    outputs: info.outChannels,
  };
}

function windows3D(shape: Shape5D, filter: Shape5D, { strides, pad, dilations = 1 }: Attributes3D): { windows: Windows; outputs: number } {
  const info = backend_util.computeConv3DInfo(shape, filter, strides, dilations, pad);
  return {
    windows: {
      batch: info.batchSize,
      channels: info.inChannels,
      image: [info.inDepth, info.inHeight, info.inWidth],
      grid: [info.outDepth, info.outHeight, info.outWidth],
      window: [info.filterDepth, info.filterHeight, info.filterWidth],
      stride: [info.strideDepth, info.strideHeight, info.strideWidth],
      dilation: [info.dilationDepth, info.dilationHeight, info.dilationWidth],
      before: [info.padInfo.front, info.padInfo.top, info.padInfo.left],
    },
    outputs: info.outChannels,
  };
}

type Direction = 'forward' | 'input' | 'filter';

/** A new tensor of a convolution or of one of its gradients: of `left` (x or dy) and `right` (filter or dy). */
function convolve(
  backend: XBackend,
  direction: Direction,
  windows: Windows,
  outputs: number,
  left: TensorInfo,
  right: TensorInfo,
  shape: number[],
): TensorInfo {
  const output = backend.makeOutput(shape, 'float32');
  const [a, b, to] = [backend.address(left), backend.address(right), backend.address(output)];
  if (windows.channels === 0 || outputs === 0) fill(backend.kernels, to, backend.data(output).bytes, 0);
  else if (direction === 'forward') conv(backend.kernels, windows, outputs, a, b, to);
  else if (direction === 'input') convInputGradient(backend.kernels, windows, outputs, a, b, to);
  else convFilterGradient(backend.kernels, windows, outputs, a, b, to);
  return output;
}

/** activation(x * filter + bias), channels last: bias and activation in the product's epilogue if they can be. */
function conv2D(
  backend: XBackend,
  x: TensorInfo,
  filter: TensorInfo,
  attributes: Attributes,
  bias?: TensorInfo,
  alpha?: TensorInfo,
): TensorInfo {
  const { windows, outputs } = windows2D(x.shape, filter.shape, attributes);
  const { activation = 'linear', leakyreluAlpha: slope = 0.2 } = attributes;
  const first = isNCHW(attributes);
  const image = first ? pixelsFirst(backend, x) : x;
  const [, height, width] = windows.grid;
  const channelBias = bias && outputs > 0 && backend.data(bias).size === outputs;
  const inEpilogue = activation in gemmActivations && (!bias || channelBias);
  const shape = [windows.batch, height, width, outputs];
  let output = backend.makeOutput(shape, 'float32');
  const to = backend.address(output);
  if (windows.channels === 0 || outputs === 0) fill(backend.kernels, to, backend.data(output).bytes, 0);
  else {
    conv(backend.kernels, windows, outputs, backend.address(image), backend.address(filter), to, {
      ...(channelBias ? { bias: backend.address(bias) } : {}),
      ...(inEpilogue ? { activation: activation as GemmActivation, slope } : {}),
    });
  }
  if (first) {
    backend.disposeData(image.dataId);
    output = channelsFirst(backend, output);
  }
  if (bias && !channelBias) output = replace(backend, output, 'Add', { a: output, b: bias });
  if (inEpilogue || activation === 'linear') return output;
  const perChannel = first && alpha && alpha.shape.length === 1 && alpha.shape[0] === outputs;
  return applyActivation(backend, output, activation, perChannel ? { ...alpha, shape: [outputs, 1, 1] } : alpha, slope);
}

/** The part of dy that the windows give; a larger one is cut, as tfjs does. */
function meeting(backend: XBackend, dy: TensorInfo, { batch, grid: [, height, width] }: Windows): TensorInfo {
  const [, rows, columns, channels] = dy.shape as [number, number, number, number];
  if (rows === height && columns === width) return backend.share(dy, dy.shape);
  util.assert(
    rows >= height && columns >= width,
    () => `dy is [${dy.shape}], but the convolution gives ${height} rows of ${width}: check inputShape, strides and pad.`,
  );
  const size = [batch, height, width, channels];
  return replace(backend, backend.share(dy, dy.shape), 'Slice', { x: dy }, { begin: [0, 0, 0, 0], size });
}

const attributesOf = <T>({ attrs }: KernelCall): T => attrs as unknown as T;
const areFloats = (...tensors: (TensorInfo | undefined)[]): boolean => tensors.every((tensor) => !tensor || tensor.dtype === 'float32');

/** Runs a gradient of the flat convolution on channels-last copies if the tensors are channels-first. */
function gradient2D(
  backend: XBackend,
  attributes: Attributes,
  tensors: readonly TensorInfo[],
  run: (tensors: readonly TensorInfo[]) => TensorInfo,
): TensorInfo {
  if (!isNCHW(attributes)) return run(tensors);
  const copies = tensors.map((tensor) => pixelsFirst(backend, tensor));
  const output = run(copies);
  for (const { dataId } of copies) backend.disposeData(dataId);
  return output;
}

export const convolutionKernels: readonly BackendKernel[] = [
  {
    name: 'Conv2D',
    run: (call, beneath) => {
      const { x, filter } = call.inputs as { x: TensorInfo; filter: TensorInfo };
      return areFloats(x, filter) ? conv2D(call.backend, x, filter, attributesOf(call)) : beneath(call);
    },
  },
  {
    name: 'FusedConv2D',
    run: (call, beneath) => {
      const {
        x,
        filter,
        bias,
        preluActivationWeights: alpha,
      } = call.inputs as Record<string, TensorInfo> & { x: TensorInfo; filter: TensorInfo };
      if (!areFloats(x, filter, bias, alpha)) return beneath(call);
      return conv2D(call.backend, x, filter, attributesOf(call), bias, alpha);
    },
  },
  {
    name: 'Conv2DBackpropInput',
    run: (call, beneath) => {
      const { dy, filter } = call.inputs as { dy: TensorInfo; filter: TensorInfo };
      if (!areFloats(dy, filter)) return beneath(call);
      const attributes = attributesOf<Attributes>(call);
      const { backend } = call;
      const { windows, outputs } = windows2D(attributes.inputShape, filter.shape, attributes);
      const [, height, width] = windows.image;
      const shape = [windows.batch, height, width, windows.channels];
      const dx = gradient2D(backend, attributes, [dy], ([last]) => {
        const met = meeting(backend, last as TensorInfo, windows);
        const result = convolve(backend, 'input', windows, outputs, met, filter, shape);
        backend.disposeData(met.dataId);
        return result;
      });
      return isNCHW(attributes) ? channelsFirst(backend, dx) : dx;
    },
  },
  {
    name: 'Conv2DBackpropFilter',
    run: (call, beneath) => {
      const { x, dy } = call.inputs as { x: TensorInfo; dy: TensorInfo };
      if (!areFloats(x, dy)) return beneath(call);
      const attributes = attributesOf<Attributes>(call);
      const { filterShape } = attributes;
      const { windows, outputs } = windows2D(x.shape, filterShape, attributes);
      return gradient2D(call.backend, attributes, [x, dy], ([image, gradient]) =>
        convolve(call.backend, 'filter', windows, outputs, image as TensorInfo, gradient as TensorInfo, [...filterShape]),
      );
    },
  },
  {
    name: 'Conv3D',
    run: (call, beneath) => {
      const { x, filter } = call.inputs as { x: TensorInfo; filter: TensorInfo };
      if (!areFloats(x, filter)) return beneath(call);
      const { windows, outputs } = windows3D(x.shape as Shape5D, filter.shape as Shape5D, attributesOf(call));
      return convolve(call.backend, 'forward', windows, outputs, x, filter, [windows.batch, ...windows.grid, outputs]);
    },
  },
  {
    name: 'Conv3DBackpropInputV2',
    run: (call, beneath) => {
      const { dy, filter } = call.inputs as { dy: TensorInfo; filter: TensorInfo };
      if (!areFloats(dy, filter)) return beneath(call);
      const attributes = attributesOf<Attributes3D>(call);
      const { windows, outputs } = windows3D(attributes.inputShape, filter.shape as Shape5D, attributes);
      return convolve(call.backend, 'input', windows, outputs, dy, filter, [...attributes.inputShape]);
    },
  },
  {
    name: 'Conv3DBackpropFilterV2',
    run: (call, beneath) => {
      const { x, dy } = call.inputs as { x: TensorInfo; dy: TensorInfo };
      if (!areFloats(x, dy)) return beneath(call);
      const attributes = attributesOf<Attributes3D>(call);
      const { windows, outputs } = windows3D(x.shape as Shape5D, attributes.filterShape, attributes);
      return convolve(call.backend, 'filter', windows, outputs, x, dy, [...attributes.filterShape]);
    },
  },
];
