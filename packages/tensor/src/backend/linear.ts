import type { TensorInfo } from '@tensorflow/tfjs-core';
import { fusedMatMul } from './fused-matmul.ts';
import type { BackendKernel } from './kernel.ts';
import { matMul } from './matmul.ts';

/** [..., n] as [rows, n]. */
function asMatrix(x: TensorInfo): TensorInfo {
  const n = x.shape.at(-1) as number;
  const rows = x.shape.slice(0, -1).reduce((product, size) => product * size, 1);
  return { ...x, shape: [rows, n] };
}

/** y[..., out] = activation(x[..., in]·weight[in, out] + bias[out]). */
const forward = (name: string): BackendKernel => ({
  name,
  run: ({ inputs, attrs, backend }) => {
    const { x, weight, bias } = inputs as Record<string, TensorInfo> & { x: TensorInfo; weight: TensorInfo };
    const { activation, slope } = (attrs ?? {}) as { activation?: string; slope?: number };
    const output = fusedMatMul(backend, asMatrix(x), weight, {}, { bias, activation, slope });
    return { ...output, shape: [...x.shape.slice(0, -1), weight.shape[1] as number] };
  },
});

/** dz [..., out], weight [in, out] -> dx [..., in]. */
const inputGradient: BackendKernel = {
  name: 'XLinearInputGrad',
  run: ({ inputs, backend }) => {
    const { dz, weight } = inputs as { dz: TensorInfo; weight: TensorInfo };
    const output = matMul(backend, asMatrix(dz), weight, { transposeB: true });
    return { ...output, shape: [...dz.shape.slice(0, -1), weight.shape[0] as number] };
  },
};

/** x [..., in], dz [..., out] -> dweight [in, out]. */
const weightGradient: BackendKernel = {
  name: 'XLinearWeightGrad',
  run: ({ inputs, backend }) => {
    const { x, dz } = inputs as { x: TensorInfo; dz: TensorInfo };
    return matMul(backend, asMatrix(x), asMatrix(dz), { transposeA: true });
  },
};

export const linearKernels: readonly BackendKernel[] = [forward('XLinear'), forward('XActivatedLinear'), inputGradient, weightGradient];
