import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { GemmActivation } from '../../kernels/product.ts';
import { gather } from '../../kernels/sparse/permute.ts';
import { spmm } from '../../kernels/sparse/spmm.ts';
import type { BackendKernel } from '../kernel.ts';
import { borrowed } from './borrowed.ts';
import { inBlocks, makeInBlocks } from './in-blocks.ts';

interface Forward {
  readonly rows: number;
  readonly columns: number;
  readonly nonZeros: number;
  onDevice(): Readonly<Record<'pointers' | 'indices', TensorInfo>>;
}

/** y[batch, rows] = activation(x·Sᵀ + bias), the values of S being those of all values that `places` names. */
export const dividedLinearKernel: BackendKernel = {
  name: 'XSparseDividedLinear',
  run: ({ inputs, attrs, backend }) => {
    const { x, values, places, bias } = inputs as { x: TensorInfo; values: TensorInfo; places: TensorInfo; bias?: TensorInfo };
    const { forward, activation, slope } = attrs as unknown as { forward: Forward; activation: GemmActivation; slope: number };
    const { rows, columns, nonZeros } = forward;
    const { pointers, indices } = forward.onDevice();
    const batch = x.shape[0] as number;
    const at = {
      pointers: backend.address(pointers),
      indices: backend.address(indices),
      bias: bias ? backend.address(bias) : 0,
    };
    const [permutation, from] = [backend.address(places), backend.address(values)];
    return inBlocks(backend, [x], (blocks) => {
      const output = makeInBlocks(backend, batch, rows);
      borrowed(backend, nonZeros, (own) => {
        gather(backend.kernels, { permutation, from, to: own, count: nonZeros });
        spmm(backend.kernels, {
          ...at,
          ...{ values: own, x: blocks as number, y: output.address, rows, columns, batch, nonZeros, activation, slope },
        });
      });
      return output.tensor;
    });
  },
};
