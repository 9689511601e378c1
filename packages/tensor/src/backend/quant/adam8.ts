import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import { adam8 } from '../../kernels/quant/adam8.ts';
import type { Adam8Numbers } from '../../kernels/reference/quant/adam8.ts';
import type { BackendKernel } from '../kernel.ts';

/** Writes into `value`, `m`, `v` and their scales; gives nothing. */
export const adam8Kernel: BackendKernel = {
  name: 'XAdam8Update',
  run: ({ inputs, attrs, backend }) => {
    const { value, gradient, m, v, mScales, vScales } = inputs as Readonly<Record<string, TensorInfo>> as Record<
      'value' | 'gradient' | 'm' | 'v' | 'mScales' | 'vScales',
      TensorInfo
    >;
    adam8(backend.kernels, {
      ...(attrs as unknown as Adam8Numbers),
      count: util.sizeFromShape(value.shape),
      value: backend.address(value),
      gradient: backend.address(gradient),
      m: backend.address(m),
      v: backend.address(v),
      mScales: backend.address(mScales),
      vScales: backend.address(vScales),
    });
    for (const written of [value, m, v, mScales, vScales]) backend.touch(written);
    return [];
  },
};
