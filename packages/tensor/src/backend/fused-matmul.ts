import { getKernel, type NamedTensorInfoMap, type TensorInfo } from '@tensorflow/tfjs-core';
import { gemmActivations, type GemmActivation } from '../kernels/product.ts';
import type { XBackend } from './backend.ts';
import type { BackendKernel } from './kernel.ts';
import { matMul, type MatMulAttributes } from './matmul.ts';

interface Fusion {
  readonly bias?: TensorInfo | undefined;
  readonly alpha?: TensorInfo | undefined;
  readonly activation?: string | null | undefined;
  readonly slope?: number | undefined;
}

/** tfjs's kernels for the activations that the product's epilogue doesn't do. */
const activationKernels: Record<string, string> = {
  sigmoid: 'Sigmoid',
  elu: 'Elu',
  tanh: 'Tanh',
  prelu: 'Prelu',
  selu: 'Selu',
  softplus: 'Softplus',
};

/** activation(op(a)·op(b) + bias): in the product's epilogue as far as it goes, then by kernels of their own. */
export function fusedMatMul(backend: XBackend, a: TensorInfo, b: TensorInfo, attributes: MatMulAttributes, fusion: Fusion): TensorInfo {
  const { bias, alpha, slope = 0.2 } = fusion;
  const activation = fusion.activation ?? 'linear';
  const columns = (attributes.transposeB ? b.shape.at(-2) : b.shape.at(-1)) ?? 1;
  const rowBias = bias && bias.shape.at(-1) === columns && bias.shape.every((size, axis) => size === 1 || axis === bias.shape.length - 1);
  const inEpilogue = activation in gemmActivations && (!bias || rowBias);
  let output = matMul(backend, a, b, attributes, {
    ...(rowBias ? { bias } : {}),
    ...(inEpilogue ? { activation: activation as GemmActivation, slope } : {}),
  });
  if (bias && !rowBias) output = replace(backend, output, 'Add', { a: output, b: bias });
  if (inEpilogue || activation === 'linear') return output;
  return applyActivation(backend, output, activation, alpha, slope);
}

/** Another activation of a product or convolution, by its own kernel; `x` is dropped. */
export function applyActivation(
  backend: XBackend,
  x: TensorInfo,
  activation: string,
  alpha: TensorInfo | undefined,
  slope: number,
): TensorInfo {
  if (activation === 'relu') return replace(backend, x, 'Relu', { x });
  if (activation === 'relu6') return replace(backend, x, 'Relu6', { x });
  if (activation === 'leakyrelu') return replace(backend, x, 'LeakyRelu', { x }, { alpha: slope });
  const kernel = activationKernels[activation];
  if (!kernel) {
    backend.disposeData(x.dataId);
    throw new Error(
      `Activation '${activation}' is not one of ${[...Object.keys(gemmActivations), ...Object.keys(activationKernels)].join(', ')}.`,
    );
  }
  if (kernel === 'Prelu' && !alpha) throw new Error(`Activation 'prelu' needs preluActivationWeights.`);
  return replace(backend, x, kernel, alpha ? { x, alpha } : { x });
}

/** Runs a kernel on `from` among its inputs and drops `from`. */
export function replace(
  backend: XBackend,
  from: TensorInfo,
  kernel: string,
  inputs: NamedTensorInfoMap,
  attrs: Record<string, number | number[]> = {},
): TensorInfo {
  const config = getKernel(kernel, 'x');
  if (!config) throw new Error(`internal: backend 'x' has no kernel ${kernel}`);
  const output = config.kernelFunc({ inputs, attrs, backend }) as TensorInfo;
  backend.disposeData(from.dataId);
  return output;
}

export const fusedMatMulKernel: BackendKernel = {
  name: '_FusedMatMul',
  run: ({ inputs, attrs, backend }, beneath) => {
    const { a, b, bias, preluActivationWeights: alpha } = inputs as Record<string, TensorInfo> & { a: TensorInfo; b: TensorInfo };
    if (a.dtype !== 'float32' || b.dtype !== 'float32') return beneath({ inputs, attrs: attrs ?? {}, backend });
    const { transposeA, transposeB, activation, leakyreluAlpha } = attrs as MatMulAttributes & {
      activation?: string;
      leakyreluAlpha?: number;
    };
    return fusedMatMul(
      backend,
      a,
      b,
      { transposeA: !!transposeA, transposeB: !!transposeB },
      { bias, alpha, activation, slope: leakyreluAlpha },
    );
  },
};
