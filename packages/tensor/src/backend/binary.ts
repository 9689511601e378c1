import { broadcast_util, util, type TensorInfo } from '@tensorflow/tfjs-core';
import {
  binaryKernel,
  broadcastElementwise,
  canBroadcast,
  elementwise,
  MOST_AXES,
  type ElementwiseKernel,
} from '../kernels/elementwise.ts';
import type { XBackend } from './backend.ts';
import type { BackendKernel } from './kernel.ts';

/** to = f(a, b), the shapes broadcast. */
export function binary(
  backend: XBackend,
  kernel: ElementwiseKernel,
  a: TensorInfo,
  b: TensorInfo,
  dtype: TensorInfo['dtype'],
  c = 0,
): TensorInfo {
  if (util.arraysEqual(a.shape, b.shape)) {
    const output = backend.makeOutput(a.shape, dtype);
    const { memoryOffset, size } = backend.data(output);
    elementwise(backend.kernels, kernel, memoryOffset, size, backend.address(a), backend.address(b), c);
    return output;
  }
  const output = backend.makeOutput(broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape), dtype);
  const operands = [
    { address: backend.address(a), shape: a.shape },
    { address: backend.address(b), shape: b.shape },
  ];
  broadcastElementwise(backend.kernels, kernel, backend.address(output), output.shape, operands, c);
  return output;
}

function broadcasts(a: TensorInfo, b: TensorInfo): boolean {
  if (a.shape.length <= MOST_AXES && b.shape.length <= MOST_AXES) return true;
  return canBroadcast(broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape), [a.shape, b.shape]);
}

interface ByType {
  readonly float32?: ElementwiseKernel;
  readonly int32?: ElementwiseKernel;
  readonly bool?: ElementwiseKernel;
}

/** A tfjs kernel of `a` and `b`; types that have no kernel of ours are left to tfjs's. */
function binaryBackendKernel(
  name: string,
  kernels: ByType,
  { result, swap = false }: { result?: 'bool'; swap?: boolean } = {},
): BackendKernel {
  return {
    name,
    run: (call, beneath) => {
      const { a, b } = call.inputs as { a: TensorInfo; b: TensorInfo };
      const kernel = a.dtype === b.dtype ? (kernels as Record<string, ElementwiseKernel | undefined>)[a.dtype] : undefined;
      if (!kernel || !broadcasts(a, b)) return beneath(call);
      return binary(call.backend, kernel, swap ? b : a, swap ? a : b, result ?? a.dtype);
    },
  };
}

function arithmetic(name: string, kernel: string): BackendKernel {
  return binaryBackendKernel(name, { float32: binaryKernel(`f32_${kernel}`), int32: binaryKernel(`i32_${kernel}`) });
}
function floatOnly(name: string, kernel: string): BackendKernel {
  return binaryBackendKernel(name, { float32: binaryKernel(`f32_${kernel}`) });
}
/** `swap` computes a > b as b < a. */
function comparison(name: string, kernel: string, swap = false): BackendKernel {
  return binaryBackendKernel(
    name,
    { float32: binaryKernel(`f32_${kernel}`, 1), int32: binaryKernel(`i32_${kernel}`, 1) },
    { result: 'bool', swap },
  );
}
function logical(name: string, kernel: string): BackendKernel {
  return binaryBackendKernel(name, { bool: { name: `bool_${kernel}`, inputs: [1, 1], output: 1, share: 65536 } });
}

const prelu = binaryKernel('f32_prelu');

export const binaryKernels: readonly BackendKernel[] = [
  arithmetic('Add', 'add'),
  arithmetic('Sub', 'subtract'),
  arithmetic('Multiply', 'multiply'),
  arithmetic('Maximum', 'maximum'),
  arithmetic('Minimum', 'minimum'),
  // tfjs's kernels compute with integers as floats, which hold no more than 24 bits.
  binaryBackendKernel('FloorDiv', { int32: binaryKernel('i32_floor_divide') }),
  binaryBackendKernel('Pow', { int32: binaryKernel('i32_power') }),
  floatOnly('RealDiv', 'divide'),
  floatOnly('SquaredDifference', 'squared_difference'),
  comparison('Equal', 'equal'),
  comparison('NotEqual', 'not_equal'),
  comparison('Less', 'less'),
  comparison('LessEqual', 'less_equal'),
  comparison('Greater', 'less', true),
  comparison('GreaterEqual', 'less_equal', true),
  logical('LogicalAnd', 'and'),
  logical('LogicalOr', 'or'),
  logical('LogicalXor', 'xor'),
  {
    name: 'Prelu',
    run: (call, beneath) => {
      const { x, alpha } = call.inputs as { x: TensorInfo; alpha: TensorInfo };
      if (x.dtype !== 'float32' || alpha.dtype !== 'float32' || !broadcasts(x, alpha)) return beneath(call);
      return binary(call.backend, prelu, x, alpha, 'float32');
    },
  },
];
