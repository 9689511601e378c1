import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import { channelNorm, channelNormGradient } from '../kernels/channel-norm.ts';
import { layerNorm, layerNormGradient } from '../kernels/layer-norm.ts';
import type { XBackend } from './backend.ts';
import type { BackendKernel } from './kernel.ts';

const addressOf = (backend: XBackend, tensor: TensorInfo | undefined): number => (tensor ? backend.address(tensor) : 0);
const rowsOf = (shape: number[]): number => util.sizeFromShape(shape.slice(0, -1));

/** x [..., n], gamma [n] and, unless it is by the root mean square, beta [n] -> [y, mean and inverse deviation of each row [rows, 2]]. */
const layer: BackendKernel = {
  name: 'XLayerNorm',
  run: ({ inputs, attrs, backend }) => {
    const { x, gamma, beta } = inputs as Record<string, TensorInfo> & { x: TensorInfo; gamma: TensorInfo };
    const [rows, n] = [rowsOf(x.shape), x.shape.at(-1) as number];
    const y = backend.makeOutput(x.shape, 'float32');
    const moments = backend.makeOutput([rows, 2], 'float32');
    layerNorm(backend.kernels, {
      x: backend.address(x),
      to: backend.address(y),
      rows,
      n,
      gamma: backend.address(gamma),
      beta: addressOf(backend, beta),
      epsilon: (attrs as { epsilon: number }).epsilon,
      moments: backend.address(moments),
    });
    return [y, moments];
  },
};

/** dy, x, gamma and moments -> [dx, dgamma, dbeta]. */
const layerGradient: BackendKernel = {
  name: 'XLayerNormGrad',
  run: ({ inputs, attrs, backend }) => {
    const { dy, x, gamma, moments } = inputs as Record<'dy' | 'x' | 'gamma' | 'moments', TensorInfo>;
    const n = x.shape.at(-1) as number;
    const dx = backend.makeOutput(x.shape, 'float32');
    const dGamma = backend.makeOutput([n], 'float32');
    const dBeta = backend.makeOutput([n], 'float32');
    layerNormGradient(backend.kernels, {
      x: backend.address(x),
      to: backend.address(dx),
      rows: rowsOf(x.shape),
      n,
      gamma: backend.address(gamma),
      // Only whether there is one matters.
      beta: (attrs as { centered: boolean }).centered ? 1 : 0,
      moments: backend.address(moments),
      dy: backend.address(dy),
      dGamma: backend.address(dGamma),
      dBeta: backend.address(dBeta),
    });
    return [dx, dGamma, dBeta];
  },
};

interface ChannelAttributes {
  /** Leading part of x's shape that has statistics of its own: the batch, or 1. */
  readonly images: number;
  readonly groups: number;
  readonly epsilon: number;
}

/** x [..., channels], gamma and beta [channels] -> [y, mean, variance], the latter [images · groups]. */
const channel: BackendKernel = {
  name: 'XChannelNorm',
  run: ({ inputs, attrs, backend }) => {
    const { x, gamma, beta } = inputs as { x: TensorInfo; gamma: TensorInfo; beta: TensorInfo };
    const { images, groups, epsilon } = attrs as unknown as ChannelAttributes;
    const y = backend.makeOutput(x.shape, 'float32');
    const mean = backend.makeOutput([images * groups], 'float32');
    const variance = backend.makeOutput([images * groups], 'float32');
    channelNorm(backend.kernels, {
      x: backend.address(x),
      to: backend.address(y),
      images,
      rows: rowsOf(x.shape) / images,
      channels: x.shape.at(-1) as number,
      groups,
      gamma: backend.address(gamma),
      beta: backend.address(beta),
      epsilon,
      mean: backend.address(mean),
      variance: backend.address(variance),
    });
    return [y, mean, variance];
  },
};

/** dy, x, gamma, mean and variance -> [dx, dgamma, dbeta]. */
const channelGradient: BackendKernel = {
  name: 'XChannelNormGrad',
  run: ({ inputs, attrs, backend }) => {
    const { dy, x, gamma, mean, variance } = inputs as Record<'dy' | 'x' | 'gamma' | 'mean' | 'variance', TensorInfo>;
    const { images, groups, epsilon } = attrs as unknown as ChannelAttributes;
    const channels = x.shape.at(-1) as number;
    const outputs = [x.shape, [channels], [channels]].map((shape) => backend.makeOutput(shape, 'float32'));
    const [dx, dGamma, dBeta] = outputs.map((tensor) => backend.address(tensor)) as [number, number, number];
    channelNormGradient(backend.kernels, {
      x: backend.address(x),
      images,
      rows: rowsOf(x.shape) / images,
      channels,
      groups,
      gamma: backend.address(gamma),
      epsilon,
      mean: backend.address(mean),
      variance: backend.address(variance),
      dy: backend.address(dy),
      dx,
      dGamma,
      dBeta,
    });
    return outputs;
  },
};

export const normalizationKernels: readonly BackendKernel[] = [layer, layerGradient, channel, channelGradient];
