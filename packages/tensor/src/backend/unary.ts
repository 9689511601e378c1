import type { TensorInfo } from '@tensorflow/tfjs-core';
import { binaryKernel, elementwise, MANY, unaryKernel, type ElementwiseKernel } from '../kernels/elementwise.ts';
import type { XBackend } from './backend.ts';
import { binary } from './binary.ts';
import { constant } from './constant.ts';
import type { BackendKernel } from './kernel.ts';

/** y[i] = f(x[i]; c, d). */
export function unary(backend: XBackend, kernel: ElementwiseKernel, x: TensorInfo, dtype: TensorInfo['dtype'], c = 0, d = 0): TensorInfo {
  const output = backend.makeOutput(x.shape, dtype);
  const { memoryOffset, size } = backend.data(output);
  elementwise(backend.kernels, kernel, memoryOffset, size, backend.address(x), 0, c, d);
  return output;
}

/** A tfjs kernel of `x` on floats, its attributes `c` and `d` passed on, and on integers if there is a kernel for them. */
function unaryBackendKernel(
  name: string,
  kernel: ElementwiseKernel,
  c?: string,
  d?: string,
  onIntegers?: ElementwiseKernel,
): BackendKernel {
  return {
    name,
    run: (call, beneath) => {
      const x = call.inputs['x'] as TensorInfo;
      if (x.dtype === 'int32' && onIntegers) return unary(call.backend, onIntegers, x, 'int32');
      if (x.dtype !== 'float32') return beneath(call);
      if (c === undefined) return unary(call.backend, kernel, x, 'float32');
      const attributes = call.attrs as Record<string, number>;
      return unary(call.backend, kernel, x, 'float32', attributes[c], d === undefined ? 0 : attributes[d]);
    },
  };
}
const few = (name: string, kernel: string, c?: string, d?: string): BackendKernel =>
  unaryBackendKernel(name, unaryKernel(`f32_${kernel}`), c, d);
const many = (name: string, kernel: string): BackendKernel => unaryBackendKernel(name, unaryKernel(`f32_${kernel}`, MANY));

/** A question about floats: no integer and no truth value is infinite or no number, which tfjs's kernel sees in their bits. */
function ofFloats(name: string, otherwise: 0 | 1, own?: (backend: XBackend, x: TensorInfo) => TensorInfo): BackendKernel {
  return {
    name,
    run: (call, beneath) => {
      const x = call.inputs['x'] as TensorInfo;
      if (x.dtype === 'int32' || x.dtype === 'bool') return constant(call.backend, x.shape, 'bool', otherwise);
      return own && x.dtype === 'float32' ? own(call.backend, x) : beneath(call);
    },
  };
}

/** 1 / x of integers, towards zero: tfjs's kernel takes their bits for floats. */
const reciprocal: BackendKernel = {
  name: 'Reciprocal',
  run: (call, beneath) => {
    const x = call.inputs['x'] as TensorInfo;
    if (x.dtype === 'float32') return unary(call.backend, unaryKernel('f32_reciprocal'), x, 'float32');
    if (x.dtype !== 'int32') return beneath(call);
    const minusOne = constant(call.backend, [], 'int32', -1);
    const inverse = binary(call.backend, binaryKernel('i32_power'), x, minusOne, 'int32');
    call.backend.disposeData(minusOne.dataId);
    return inverse;
  },
};

const not: ElementwiseKernel = { name: 'bool_not', inputs: [1], output: 1, share: 65536 };

export const unaryKernels: readonly BackendKernel[] = [
  few('Relu', 'relu'),
  few('Relu6', 'relu6'),
  few('LeakyRelu', 'leaky_relu', 'alpha'),
  few('Step', 'step', 'alpha'),
  few('ClipByValue', 'clip', 'clipValueMin', 'clipValueMax'),
  few('Sign', 'sign'),
  few('Square', 'square'),
  reciprocal,
  few('Rsqrt', 'rsqrt'),
  few('Sqrt', 'sqrt'),
  unaryBackendKernel('Neg', unaryKernel('f32_negate'), undefined, undefined, unaryKernel('i32_negate')),
  few('Abs', 'abs'),
  few('Floor', 'floor'),
  few('Ceil', 'ceil'),
  few('Round', 'round'),
  // What isn't itself.
  ofFloats('IsNan', 0, (backend, x) => binary(backend, binaryKernel('f32_not_equal', 1), x, x, 'bool')),
  ofFloats('IsInf', 0),
  ofFloats('IsFinite', 1),
  many('Exp', 'exp'),
  many('Expm1', 'expm1'),
  many('Log', 'log'),
  many('Log1p', 'log1p'),
  many('Tanh', 'tanh'),
  many('Sigmoid', 'sigmoid'),
  many('Softplus', 'softplus'),
  many('Erf', 'erf'),
  many('Elu', 'elu'),
  many('Selu', 'selu'),
  {
    name: 'LogicalNot',
    run: (call, beneath) => {
      const x = call.inputs['x'] as TensorInfo;
      return x.dtype === 'bool' ? unary(call.backend, not, x, 'bool') : beneath(call);
    },
  },
];
