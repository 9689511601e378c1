import type { TensorInfo } from '@tensorflow/tfjs-core';
import { activeRows } from '../../kernels/sparse/active-rows.ts';
import type { BackendKernel } from '../kernel.ts';
import { borrowed } from './borrowed.ts';

/** y = x·weight + bias, skipping elements of x that are 0. */
export const activeLinearKernel: BackendKernel = {
  name: 'XActiveLinear',
  run: ({ inputs, backend }) => {
    const { x, weight, bias } = inputs as { x: TensorInfo; weight: TensorInfo; bias?: TensorInfo };
    const [rows, columns] = weight.shape as [number, number];
    const batch = x.shape[0] as number;
    const output = backend.makeOutput([batch, columns], 'float32');
    borrowed(backend, batch * (rows + 1) + 1, (work) =>
      activeRows(backend.kernels, {
        x: backend.address(x),
        w: backend.address(weight),
        y: backend.address(output),
        ...{ batch, rows, columns, work },
        bias: bias ? backend.address(bias) : 0,
      }),
    );
    return output;
  },
};
