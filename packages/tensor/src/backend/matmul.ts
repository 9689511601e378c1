import { broadcast_util, util, type TensorInfo } from '@tensorflow/tfjs-core';
import { gemm } from '../kernels/gemm.ts';
import type { GemmActivation } from '../kernels/product.ts';
import { i32Gemm } from '../kernels/i32-gemm.ts';
import type { XBackend } from './backend.ts';
import type { BackendKernel } from './kernel.ts';

export interface MatMulAttributes {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

interface Epilogue {
  readonly bias?: TensorInfo;
  readonly activation?: GemmActivation;
  readonly slope?: number;
}

/** op(a)·op(b) over the last two axes, the axes before them broadcast; both float32 or both int32, the latter without epilogue. */
export function matMul(backend: XBackend, a: TensorInfo, b: TensorInfo, attributes: MatMulAttributes, epilogue: Epilogue = {}): TensorInfo {
  const { transposeA = false, transposeB = false } = attributes;
  const [m, ka] = matrix(a, transposeA);
  const [kb, n] = matrix(b, transposeB);
  util.assert(
    ka === kb,
    () =>
      `Error in matMul: inner shapes (${ka}) and (${kb}) of Tensors with shapes ${a.shape} and ${b.shape} ` +
      `and transposeA=${transposeA} and transposeB=${transposeB} must match.`,
  );
  const batchA = a.shape.slice(0, -2);
  const batchB = b.shape.slice(0, -2);
  const batch = broadcast_util.assertAndGetBroadcastShape(batchA, batchB);
  const integers = a.dtype === 'int32';
  const output = backend.makeOutput([...batch, m, n], a.dtype);
  const count = util.sizeFromShape(batch);
  const addresses = { a: backend.address(a), b: backend.address(b), c: backend.address(output) };
  const { bias, activation = 'linear', slope = 0 } = epilogue;
  const call = { ...addresses, m, n, k: ka, transposeA, transposeB, bias: bias ? backend.address(bias) : 0, activation, slope };
  const strideA = util.sizeFromShape(batchA) === 1 ? 0 : m * ka;
  const strideB = util.sizeFromShape(batchB) === 1 ? 0 : ka * n;
  const even = (sizes: number[], stride: number): boolean => stride === 0 || util.sizeFromShape(sizes) === count;
  if (!integers && even(batchA, strideA) && even(batchB, strideB)) {
    // Rows of all matrices against one: a single tall matrix.
    if (strideB === 0 && !transposeA && count > 1) gemm(backend.kernels, { ...call, m: m * count });
    else gemm(backend.kernels, { ...call, batch: count, strideA, strideB, strideC: m * n });
    return output;
  }
  const stepsA = broadcastSteps(batchA, batch);
  const stepsB = broadcastSteps(batchB, batch);
  const multiply = integers ? i32Gemm : gemm;
  for (let index = 0; index < count; index++) {
    multiply(backend.kernels, {
      ...call,
      a: call.a + position(index, batch, stepsA) * m * ka * 4,
      b: call.b + position(index, batch, stepsB) * ka * n * 4,
      c: call.c + index * m * n * 4,
    });
  }
  return output;
}

function matrix({ shape }: TensorInfo, transposed: boolean): [rows: number, columns: number] {
  const rows = shape.at(-2) ?? 1;
  const columns = shape.at(-1) ?? 1;
  return transposed ? [columns, rows] : [rows, columns];
}

/** Matrices to step in a tensor for each axis of the broadcast batch. */
function broadcastSteps(from: number[], to: number[]): number[] {
  const steps = new Array<number>(to.length).fill(0);
  let step = 1;
  for (let axis = 1; axis <= from.length; axis++) {
    const size = from.at(-axis) as number;
    steps[to.length - axis] = size === 1 ? 0 : step;
    step *= size;
  }
  return steps;
}

function position(index: number, batch: number[], steps: number[]): number {
  let at = 0;
  for (let axis = batch.length - 1; axis >= 0; axis--) {
    const size = batch[axis] as number;
    at += (index % size) * (steps[axis] as number);
    index = Math.floor(index / size);
  }
  return at;
}

export const batchMatMul: BackendKernel = {
  name: 'BatchMatMul',
  run: ({ inputs, attrs, backend }, beneath) => {
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    const known = a.dtype === b.dtype && (a.dtype === 'float32' || a.dtype === 'int32');
    if (!known) return beneath({ inputs, attrs: attrs ?? {}, backend });
    return matMul(backend, a, b, attrs as MatMulAttributes);
  },
};
