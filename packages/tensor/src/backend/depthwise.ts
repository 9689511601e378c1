import { backend_util, getKernel, type TensorInfo } from '@tensorflow/tfjs-core';
import type { ConvEpilogue } from '../kernels/conv.ts';
import type { Windows } from '../kernels/conv-windows.ts';
import { depthwise, depthwiseFilterGradient, depthwiseInputGradient } from '../kernels/depthwise.ts';
import { fill } from '../kernels/fill.ts';
import { gemmActivations, type GemmActivation } from '../kernels/product.ts';
import { reduce } from '../kernels/reduce.ts';
import type { XBackend } from './backend.ts';
import { channelsFirst, pixelsFirst } from './channel-order.ts';
import { applyActivation, replace } from './fused-matmul.ts';
import type { BackendKernel, KernelCall } from './kernel.ts';

type Shape4D = [number, number, number, number];

interface Attributes {
  readonly strides: number | [number, number];
  readonly pad: 'valid' | 'same' | number | backend_util.ExplicitPadding;
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dilations?: number | [number, number] | null;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly inputShape: Shape4D;
  readonly filterShape: Shape4D;
  readonly activation?: string;
  readonly leakyreluAlpha?: number;
}

/** Windows of which each channel meets `multiplier` filters of its own, so that it counts as so many channels. */
interface Depthwise {
  readonly windows: Windows;
  readonly multiplier: number;
}

const isNCHW = ({ dataFormat }: Attributes): boolean => dataFormat === 'NCHW';

function depthwiseOf(shape: number[], filter: number[], attributes: Attributes): Depthwise {
  const { strides, pad, dilations, dimRoundingMode } = attributes;
  const order = isNCHW(attributes) ? 'channelsFirst' : 'channelsLast';
  const info = backend_util.computeConv2DInfo(
    shape as Shape4D,
    filter as Shape4D,
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    true,
    order,
  );
  return {
    multiplier: filter[3] as number,
    windows: {
      batch: info.batchSize,
      channels: info.outChannels,
      image: [1, info.inHeight, info.inWidth],
      grid: [1, info.outHeight, info.outWidth],
      window: [1, info.filterHeight, info.filterWidth],
      stride: [1, info.strideHeight, info.strideWidth],
      dilation: [1, info.dilationHeight, info.dilationWidth],
      before: [0, info.padInfo.top, info.padInfo.left],
    },
  };
}

/** x, channels last, each channel repeated; the caller drops it. */
function laidOut(backend: XBackend, x: TensorInfo, multiplier: number, nchw: boolean): TensorInfo {
  const last = nchw ? pixelsFirst(backend, x) : backend.share(x, x.shape);
  if (multiplier === 1) return last;
  const tile = getKernel('Tile', 'x');
  if (!tile) throw new Error("internal: backend 'x' has no kernel Tile");
  const each = { ...last, shape: [...last.shape, 1] };
  const repeated = tile.kernelFunc({ inputs: { x: each }, attrs: { reps: [1, 1, 1, 1, multiplier] }, backend }) as TensorInfo;
  backend.disposeData(last.dataId);
  return { ...repeated, shape: [...last.shape.slice(0, 3), (last.shape[3] as number) * multiplier] };
}

function forward(
  backend: XBackend,
  x: TensorInfo,
  filter: TensorInfo,
  attributes: Attributes,
  bias?: TensorInfo,
  alpha?: TensorInfo,
): TensorInfo {
  const { windows, multiplier } = depthwiseOf(x.shape, filter.shape, attributes);
  const { batch, channels, grid } = windows;
  const { activation = 'linear', leakyreluAlpha: slope = 0.2 } = attributes;
  const nchw = isNCHW(attributes);
  const image = laidOut(backend, x, multiplier, nchw);
  const channelBias = bias && channels > 0 && backend.data(bias).size === channels;
  const inEpilogue = activation in gemmActivations && (!bias || channelBias);
  const epilogue: ConvEpilogue = {
    ...(channelBias ? { bias: backend.address(bias) } : {}),
    ...(inEpilogue ? { activation: activation as GemmActivation, slope } : {}),
  };
  let output = backend.makeOutput([batch, grid[1], grid[2], channels], 'float32');
  depthwise(backend.kernels, windows, backend.address(image), backend.address(filter), backend.address(output), epilogue);
  backend.disposeData(image.dataId);
  if (nchw) output = channelsFirst(backend, output);
  if (bias && !channelBias) output = replace(backend, output, 'Add', { a: output, b: bias });
  if (inEpilogue || activation === 'linear') return output;
  const perChannel = nchw && alpha && alpha.shape.length === 1 && alpha.shape[0] === channels;
  return applyActivation(backend, output, activation, perChannel ? { ...alpha, shape: [channels, 1, 1] } : alpha, slope);
}

function inputGradient(backend: XBackend, dy: TensorInfo, filter: TensorInfo, attributes: Attributes): TensorInfo {
  const { windows, multiplier } = depthwiseOf(attributes.inputShape, filter.shape, attributes);
  const { batch, channels, image } = windows;
  const nchw = isNCHW(attributes);
  const last = nchw ? pixelsFirst(backend, dy) : backend.share(dy, dy.shape);
  const pixels = batch * image[1] * image[2];
  const dx = backend.makeOutput([batch, image[1], image[2], channels / multiplier], 'float32');
  const { kernels, heap } = backend;
  if (multiplier === 1) depthwiseInputGradient(kernels, windows, backend.address(last), backend.address(filter), backend.address(dx));
  else if (pixels * channels > 0) {
    const bytes = pixels * channels * 4;
    const each = heap.allocate(bytes);
    depthwiseInputGradient(kernels, windows, backend.address(last), backend.address(filter), each);
    reduce(kernels, 'f32_sum', each, backend.address(dx), [(pixels * channels) / multiplier, multiplier], (axis) => axis === 1);
    heap.release(each, bytes);
  } else fill(kernels, backend.address(dx), backend.data(dx).bytes, 0);
  backend.disposeData(last.dataId);
  return nchw ? channelsFirst(backend, dx) : dx;
}

function filterGradient(backend: XBackend, x: TensorInfo, dy: TensorInfo, attributes: Attributes): TensorInfo {
  const { filterShape } = attributes;
  const { windows, multiplier } = depthwiseOf(x.shape, filterShape, attributes);
  const nchw = isNCHW(attributes);
  const image = laidOut(backend, x, multiplier, nchw);
  const last = nchw ? pixelsFirst(backend, dy) : backend.share(dy, dy.shape);
  const output = backend.makeOutput([...filterShape], 'float32');
  depthwiseFilterGradient(backend.kernels, windows, backend.address(image), backend.address(last), backend.address(output));
  for (const { dataId } of [image, last]) backend.disposeData(dataId);
  return output;
}

type Inputs = Readonly<Record<string, TensorInfo>>;

/** A kernel over float32 tensors; what else there is goes beneath. */
function onFloats(name: string, run: (call: KernelCall, inputs: Inputs, attributes: Attributes) => TensorInfo): BackendKernel {
  return {
    name,
    run: (call, beneath) => {
      const inputs = call.inputs as Inputs;
      const floats = Object.values(inputs).every((tensor) => !tensor || tensor.dtype === 'float32');
      return floats ? run(call, inputs, call.attrs as unknown as Attributes) : beneath(call);
    },
  };
}

export const depthwiseKernels: readonly BackendKernel[] = [
  onFloats('DepthwiseConv2dNative', ({ backend }, { x, filter }, attributes) =>
    forward(backend, x as TensorInfo, filter as TensorInfo, attributes),
  ),
  onFloats('FusedDepthwiseConv2D', ({ backend }, { x, filter, bias, preluActivationWeights: alpha }, attributes) =>
    forward(backend, x as TensorInfo, filter as TensorInfo, attributes, bias, alpha),
  ),
  onFloats('DepthwiseConv2dNativeBackpropInput', ({ backend }, { dy, filter }, attributes) =>
    inputGradient(backend, dy as TensorInfo, filter as TensorInfo, attributes),
  ),
  onFloats('DepthwiseConv2dNativeBackpropFilter', ({ backend }, { x, dy }, attributes) =>
    filterGradient(backend, x as TensorInfo, dy as TensorInfo, attributes),
  ),
];
