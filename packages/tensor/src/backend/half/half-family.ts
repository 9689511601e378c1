import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import { gemm } from '../../kernels/gemm.ts';
import { narrow, storedFormats, widen, type HalfFormat } from '../../kernels/half.ts';
import { gaveUp } from '../../kernels/half-aside.ts';
import { gemmActivations, type Gemm, type GemmActivation } from '../../kernels/product.ts';
import { applyActivation } from '../fused-matmul.ts';
import type { BackendKernel, KernelFamily } from '../kernel.ts';
import { codesAside } from './aside.ts';

/** Codes lie two in a word of an int32 tensor. */
const wordsOf = (size: number): number => Math.ceil(size / 2);

const toHalf: BackendKernel = {
  name: 'XToHalf',
  run: ({ inputs, attrs, backend }) => {
    const x = inputs['x'] as TensorInfo;
    const { format } = attrs as unknown as { format: HalfFormat };
    const size = util.sizeFromShape(x.shape);
    const output = backend.makeOutput([wordsOf(size)], 'int32');
    const to = backend.address(output);
    if (size % 2 === 1) backend.heap.words[to / 4 + wordsOf(size) - 1] = 0;
    narrow(backend.kernels, format, backend.address(x), to, size);
    return output;
  },
};

const fromHalf: BackendKernel = {
  name: 'XFromHalf',
  run: ({ inputs, attrs, backend }) => {
    const bits = inputs['bits'] as TensorInfo;
    const { format, shape } = attrs as unknown as { format: HalfFormat; shape: number[] };
    const output = backend.makeOutput(shape, 'float32');
    widen(backend.kernels, format, backend.address(bits), backend.address(output), util.sizeFromShape(shape));
    return output;
  },
};

interface Attributes {
  readonly format: HalfFormat;
  /** Of the weight, stored as it is. */
  readonly shape: [number, number];
  readonly transpose: boolean;
  readonly activation: string;
  readonly slope: number;
}

/** y[..., n] = activation(x[..., k]·weight + bias), the weight [k, n] in codes, or its transpose. */
const halfLinear: BackendKernel = {
  name: 'XHalfLinear',
  run: ({ inputs, attrs, backend }) => {
    const { x, bits, bias } = inputs as Record<string, TensorInfo> & { x: TensorInfo; bits: TensorInfo };
    const { format, shape, transpose, activation, slope } = attrs as unknown as Attributes;
    const [k, n] = transpose ? [shape[1], shape[0]] : shape;
    const leading = x.shape.slice(0, -1);
    const m = util.sizeFromShape(leading);
    const output = backend.makeOutput([...leading, n], 'float32');
    const c = backend.address(output);
    const inEpilogue = activation in gemmActivations;
    // Before the block's address is asked for, which puts back what is set aside.
    const aside = m === 1 && k > 0 && format === 'float16' ? codesAside(backend, bits, shape[0], shape[1]) : undefined;
    const call: Gemm = {
      a: backend.address(x),
      b: aside?.matrix ?? backend.address(bits),
      c,
      m,
      n,
      k,
      stored: [storedFormats[format], aside?.list ?? 0],
      transposeB: transpose,
      bias: bias ? backend.address(bias) : 0,
      ...(inEpilogue ? { activation: activation as GemmActivation, slope } : {}),
    };
    gemm(backend.kernels, call);
    if (aside && gaveUp(backend.kernels, aside))
      gemm(backend.kernels, { ...call, b: backend.address(bits), stored: [storedFormats[format], 0] });
    return inEpilogue ? output : applyActivation(backend, output, activation, undefined, slope);
  },
};

/** Tensors stored in 16 bits. */
export const halfFamily: KernelFamily = {
  bytes: {
    simd: () => import('../../generated/half-simd.ts'),
    relaxed: () => import('../../generated/half-relaxed.ts'),
    wide: () => import('../../generated/half-wide.ts'),
  },
  kernels: [toHalf, fromHalf, halfLinear],
};
