import { backend_util, util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { Windows } from '../kernels/conv-windows.ts';
import { eachDilation } from '../kernels/dilation2d.ts';
import { MOST_POOL_TAPS, pool, poolGradient, type Pooling } from '../kernels/pool.ts';
import type { XBackend } from './backend.ts';
import type { BackendKernel, KernelCall } from './kernel.ts';

interface Attributes {
  readonly filterSize: number | number[];
  readonly strides: number | number[];
  readonly pad: 'valid' | 'same' | number | backend_util.ExplicitPadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** The windows over images [n, h, w, c]. */
function flat(shape: number[], { filterSize, strides, pad, dimRoundingMode }: Attributes): Windows {
  const info = backend_util.computePool2DInfo(
    shape as [number, number, number, number],
    filterSize as [number, number],
    strides as [number, number],
    1,
    pad,
    dimRoundingMode,
  );
  return {
    batch: info.batchSize,
    channels: info.inChannels,
    image: [1, info.inHeight, info.inWidth],
    grid: [1, info.outHeight, info.outWidth],
    window: [1, info.filterHeight, info.filterWidth],
    stride: [1, info.strideHeight, info.strideWidth],
    dilation: [1, 1, 1],
    before: [0, info.padInfo.top, info.padInfo.left],
  };
}

/** The windows over volumes [n, d, h, w, c]. */
function deep(shape: number[], { filterSize, strides, pad, dimRoundingMode }: Attributes): Windows {
  const info = backend_util.computePool3DInfo(
    shape as [number, number, number, number, number],
    filterSize as [number, number, number],
    strides as [number, number, number],
    1,
    pad as 'valid' | 'same' | number,
    dimRoundingMode,
  );
  return {
    batch: info.batchSize,
    channels: info.inChannels,
    image: [info.inDepth, info.inHeight, info.inWidth],
    grid: [info.outDepth, info.outHeight, info.outWidth],
    window: [info.filterDepth, info.filterHeight, info.filterWidth],
    stride: [info.strideDepth, info.strideHeight, info.strideWidth],
    dilation: [1, 1, 1],
    before: [info.padInfo.front, info.padInfo.top, info.padInfo.left],
  };
}

type WindowsOf = typeof flat;

const taps = ({ window: [d, h, w] }: Windows): number => d * h * w;
const attributesOf = ({ attrs }: KernelCall): Attributes => attrs as unknown as Attributes;

function forward(name: string, pooling: Pooling, windowsOf: WindowsOf): BackendKernel {
  return {
    name,
    run: (call, beneath) => {
      const x = call.inputs['x'] as TensorInfo;
      const { backend } = call;
      const windows = windowsOf(x.shape, attributesOf(call));
      if (x.dtype === 'int32' && pooling === 'max' && windowsOf === flat) return integerMaxPool(backend, windows, x);
      if (x.dtype !== 'float32' || taps(windows) > MOST_POOL_TAPS) return beneath(call);
      // Windows of one value that are as many as the values: tfjs gives the values, whatever the strides and the padding.
      if (taps(windows) === 1 && util.arraysEqual([...windows.image], [...windows.grid])) return backend.share(x, x.shape);
      const { batch, grid, channels } = windows;
      const output = backend.makeOutput([batch, ...grid.slice(5 - x.shape.length), channels], 'float32');
      pool(backend.kernels, pooling, windows, backend.address(x), backend.address(output));
      return output;
    },
  };
}

/** The greatest of integers, as a dilation by nothing. */
function integerMaxPool(backend: XBackend, windows: Windows, x: TensorInfo): TensorInfo {
  const { batch, grid, channels } = windows;
  const output = backend.makeOutput([batch, grid[1], grid[2], channels], 'int32');
  const [from, to] = [x, output].map((tensor) => backend.typedArrayFromHeap(tensor)) as [Int32Array, Int32Array];
  eachDilation(windows, from, new Float32Array(taps(windows) * channels), (q, { value }) => to.set(value, q * channels));
  return output;
}

function backward(name: string, pooling: Pooling, windowsOf: WindowsOf): BackendKernel {
  return {
    name,
    run: (call, beneath) => {
      const { dy, input, output } = call.inputs as { dy: TensorInfo; input: TensorInfo; output?: TensorInfo };
      const { backend } = call;
      const windows = windowsOf(input.shape, attributesOf(call));
      if (dy.dtype !== 'float32' || input.dtype !== 'float32' || taps(windows) > MOST_POOL_TAPS) return beneath(call);
      const dx = backend.makeOutput(input.shape, 'float32');
      // What isn't the pooled values of these windows is left unread.
      const pooled = output?.dtype === 'float32' && util.arraysEqual(output.shape, dy.shape) ? backend.address(output) : 0;
      poolGradient(backend.kernels, pooling, windows, backend.address(input), backend.address(dy), backend.address(dx), pooled);
      return dx;
    },
  };
}

/** Besides the maxima where they are: the place of each in its image, or in all of them, counted through the channels; -1 if nowhere. */
const maxPoolWithArgmax: BackendKernel = {
  name: 'MaxPoolWithArgmax',
  run: (call, beneath) => {
    const x = call.inputs['x'] as TensorInfo;
    if (x.dtype !== 'float32') return beneath(call);
    const { includeBatchInIndex } = call.attrs as { includeBatchInIndex?: boolean };
    const { backend } = call;
    const windows = flat(x.shape, attributesOf(call));
    const { batch, grid, channels, image } = windows;
    const shape = [batch, grid[1], grid[2], channels];
    const outputs = [backend.makeOutput(shape, 'float32'), backend.makeOutput(shape, 'int32')] as const;
    const [from, values, places] = [x, ...outputs].map((tensor) => backend.typedArrayFromHeap(tensor)) as [
      Float32Array,
      Float32Array,
      Int32Array,
    ];
    const pixels = image[1] * image[2];
    // A dilation by nothing.
    eachDilation(windows, from, new Float32Array(taps(windows) * channels), (q, { value, pixel }) => {
      values.set(value, q * channels);
      for (let c = 0; c < channels; c++) {
        const at = pixel[c] as number;
        places[q * channels + c] = at < 0 ? -1 : (includeBatchInIndex ? at : at % pixels) * channels + c;
      }
    });
    return [...outputs];
  },
};

export const poolingKernels: readonly BackendKernel[] = [
  forward('MaxPool', 'max', flat),
  forward('MaxPool3D', 'max', deep),
  forward('AvgPool', 'average', flat),
  forward('AvgPool3D', 'average', deep),
  backward('MaxPoolGrad', 'max', flat),
  backward('MaxPool3DGrad', 'max', deep),
  backward('AvgPoolGrad', 'average', flat),
  backward('AvgPool3DGrad', 'average', deep),
  maxPoolWithArgmax,
];
