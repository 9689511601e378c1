import { backend_util, util, type TensorInfo } from '@tensorflow/tfjs-core';
import { gemm } from '../kernels/gemm.ts';
import type { BackendKernel } from './kernel.ts';

interface Attributes {
  readonly strides: [number, number, number] | number;
  readonly pad: 'valid' | 'same';
  readonly inputShape: [number, number, number, number, number];
}

/**
 * The gradient of conv3d with respect to its input, NDHWC: `dy·Wᵀ` gives what each output element says of the inputs
 * under the filter, and those are added where they overlap. One frame of `dy` at a time, to bound the memory.
 *
 * In place of tfjs's own kernel, which leaves out all but the first frames of `dy` and reads beyond the filter.
 */
export const conv3DBackpropInput: BackendKernel = {
  name: 'Conv3DBackpropInputV2',
  run: ({ inputs, attrs, backend }) => {
    const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo };
    for (const [name, { dtype }] of Object.entries({ dy, filter }))
      util.assert(dtype === 'float32', () => `Conv3DBackpropInputV2: ${name} must be float32, not ${dtype}.`);
    const { strides, pad, inputShape } = attrs as unknown as Attributes;
    const filterShape = filter.shape as [number, number, number, number, number];
    const info = backend_util.computeConv3DInfo(inputShape, filterShape, strides, 1, pad);
    const { batchSize, inDepth, inHeight, inWidth, inChannels, outDepth, outHeight, outWidth, outChannels } = info;
    const { filterDepth, filterHeight, filterWidth, strideDepth, strideHeight, strideWidth, padInfo } = info;
    const dx = backend.makeOutput(inputShape, 'float32');
    const rows = outHeight * outWidth;
    const columns = filterDepth * filterHeight * filterWidth * inChannels;
    const shares = backend.makeOutput([rows, columns], 'float32');
    const to = backend.address(dx) / 4;
    const from = backend.address(shares) / 4;
    backend.heap.floats.fill(0, to, to + util.sizeFromShape(inputShape));

    for (let frame = 0; frame < batchSize * outDepth; frame++) {
      if (rows === 0 || outChannels === 0 || columns === 0) break;
      gemm(backend.kernels, {
        a: backend.address(dy) + frame * rows * outChannels * 4,
        b: backend.address(filter),
        c: from * 4,
        m: rows,
        n: columns,
        k: outChannels,
        transposeB: true,
      });
      const { floats } = backend.heap;
      const first = Math.floor(frame / outDepth) * inDepth;
      const depth = (frame % outDepth) * strideDepth - padInfo.front;
      let at = from;
      for (let row = 0; row < rows; row++) {
        const top = Math.floor(row / outWidth) * strideHeight - padInfo.top;
        const left = (row % outWidth) * strideWidth - padInfo.left;
        for (let d = depth; d < depth + filterDepth; d++) {
          for (let h = top; h < top + filterHeight; h++) {
            for (let w = left; w < left + filterWidth; w++, at += inChannels) {
              if (d < 0 || d >= inDepth || h < 0 || h >= inHeight || w < 0 || w >= inWidth) continue;
              const target = to + (((first + d) * inHeight + h) * inWidth + w) * inChannels;
              for (let c = 0; c < inChannels; c++) floats[target + c] = (floats[target + c] as number) + (floats[at + c] as number);
            }
          }
        }
      }
    }
    backend.disposeData(shares.dataId);
    return dx;
  },
};
