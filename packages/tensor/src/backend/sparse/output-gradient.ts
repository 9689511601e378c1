import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { GemmActivation } from '../../kernels/product.ts';
import { blockCount } from '../../kernels/sparse/layout.ts';
import { outputGradient } from '../../kernels/sparse/output-gradient.ts';
import type { BackendKernel } from '../kernel.ts';
import { borrowed } from './borrowed.ts';
import { inBlocks, liesInBlocks, makeInBlocks } from './in-blocks.ts';
import { valuesRoom } from './linear.ts';

/**
 * [dz in blocks, its sum over the batch] of dy and y = activation(z), both [batch, features]; and where `room` says how large the
 * gradient of the values is, and how many of them are non-zeros, room for it, which XSparseBackward writes to.
 */
export const outputGradientKernel: BackendKernel = {
  name: 'XSparseOutputGrad',
  run: ({ inputs, attrs, backend }) => {
    const { dy, y } = inputs as { dy: TensorInfo; y: TensorInfo };
    const { activation, slope, room } = attrs as unknown as {
      activation: GemmActivation;
      slope: number;
      room?: readonly [size: number, nonZeros: number];
    };
    const [batch, features] = dy.shape as [number, number];
    const bias = backend.makeOutput([features], 'float32');
    const to = backend.address(bias);
    const rowMajor = !liesInBlocks(backend, dy);
    // Without an activation y isn't looked at.
    const looked = activation === 'linear' ? [] : [y];
    const d = rowMajor || looked.length > 0 ? makeInBlocks(backend, batch, features) : undefined;
    const dyAt = rowMajor ? backend.address(dy) : 0;
    inBlocks(backend, looked, (yBlocks = 0) =>
      borrowed(backend, blockCount(batch) * features, (work) =>
        outputGradient(backend.kernels, {
          dy: rowMajor ? dyAt : backend.data(dy).blockAddress,
          y: yBlocks,
          d: d?.address ?? 0,
          bias: to,
          ...{ rowMajor, work, batch, features, activation, slope },
        }),
      ),
    );
    return [d?.tensor ?? backend.share(dy, dy.shape), bias, ...(room ? [valuesRoom(backend, ...room)] : [])];
  },
};
