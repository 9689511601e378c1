import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { Windows } from '../kernels/conv-windows.ts';
import { eachDilation } from '../kernels/dilation2d.ts';
import type { BackendKernel, KernelCall } from './kernel.ts';

type Values = Float32Array | Int32Array;

interface Attributes {
  readonly strides: number | [number, number];
  readonly pad: 'valid' | 'same' | number;
  readonly dilations: number | [number, number];
}

function windowsOf(x: TensorInfo, filter: TensorInfo, { strides, pad, dilations }: Attributes): Windows {
  const [shape, filterShape] = [x.shape as [number, number, number, number], filter.shape as [number, number, number]];
  const info = backend_util.computeDilation2DInfo(shape, filterShape, strides, pad, 'NHWC', dilations);
  return {
    batch: info.batchSize,
    channels: info.inChannels,
    image: [1, info.inHeight, info.inWidth],
    grid: [1, info.outHeight, info.outWidth],
    window: [1, info.filterHeight, info.filterWidth],
    stride: [1, info.strideHeight, info.strideWidth],
    dilation: [1, info.dilationHeight, info.dilationWidth],
    before: [0, info.padInfo.top, info.padInfo.left],
  };
}

type Target = 'value' | 'pixel' | 'tap';

/** Greyscale dilation, or the gradient of its image (`pixel`) or filter (`tap`): dy goes to what gave the maximum. */
function dilate({ inputs, attrs, backend }: KernelCall, target: Target): TensorInfo {
  const { x, filter, dy } = inputs as Record<string, TensorInfo> & { x: TensorInfo; filter: TensorInfo };
  const windows = windowsOf(x, filter, attrs as unknown as Attributes);
  const { batch, grid, channels } = windows;
  const shape = { value: [batch, grid[1], grid[2], channels], pixel: x.shape, tap: filter.shape }[target];
  const output = backend.makeOutput(shape, x.dtype);
  const [to, from, weights] = [output, x, filter].map((tensor) => backend.typedArrayFromHeap(tensor)) as [Values, Values, Values];
  const given = dy ? (backend.typedArrayFromHeap(dy) as Values) : undefined;
  to.fill(0);
  eachDilation(windows, from, weights, (q, winners) => {
    for (let c = 0; c < channels; c++) {
      const at = q * channels + c;
      if (target === 'value') to[at] = winners.value[c] as number;
      else if ((winners[target][c] as number) >= 0) {
        const place = (winners[target][c] as number) * channels + c;
        to[place] = (to[place] as number) + (given?.[at] as number);
      }
    }
  });
  return output;
}

export const dilation2DKernels: readonly BackendKernel[] = [
  { name: 'Dilation2D', run: (call) => dilate(call, 'value') },
  { name: 'Dilation2DBackpropInput', run: (call) => dilate(call, 'pixel') },
  { name: 'Dilation2DBackpropFilter', run: (call) => dilate(call, 'tap') },
];
