import { broadcast_util, util, type DataType, type TensorInfo } from '@tensorflow/tfjs-core';
import type { XBackend } from './backend.ts';
import type { BackendKernel, KernelCall } from './kernel.ts';

type Strings = Uint8Array[];

const isString = (tensor: TensorInfo | undefined): boolean => tensor?.dtype === 'string';

function stringsOf(backend: XBackend, tensor: TensorInfo): Strings {
  return backend.data(tensor).stringBytes ?? [];
}

function ofStrings(backend: XBackend, shape: number[], strings: Strings): TensorInfo {
  return backend.makeOutput(shape, 'string', null, strings);
}

const staticRegexReplace: BackendKernel = {
  name: 'StaticRegexReplace',
  run: ({ inputs, attrs, backend }) => {
    const x = inputs['x'] as TensorInfo;
    const { pattern, rewrite, replaceGlobal } = attrs as { pattern: string; rewrite: string; replaceGlobal: boolean };
    const expression = new RegExp(pattern, replaceGlobal ? 'g' : '');
    const replaced = stringsOf(backend, x).map((bytes) => util.encodeString(util.decodeString(bytes).replace(expression, rewrite)));
    return ofStrings(backend, x.shape, replaced);
  },
};

export const stringKernels: readonly BackendKernel[] = [staticRegexReplace];

const comparisons: Readonly<Record<string, (a: string, b: string) => boolean>> = {
  Equal: (a, b) => a === b,
  NotEqual: (a, b) => a !== b,
  Less: (a, b) => a < b,
  LessEqual: (a, b) => a <= b,
  Greater: (a, b) => a > b,
  GreaterEqual: (a, b) => a >= b,
};

/** Numbers in the shape of a tensor, counted from `first`. */
function numbered(backend: XBackend, { shape }: TensorInfo, first: number): TensorInfo {
  return backend.makeOutput(
    shape,
    'int32',
    null,
    Int32Array.from({ length: util.sizeFromShape(shape) }, (_, i) => first + i),
  );
}

/** Which value of a tensor each place of the shape that it is broadcast to has. */
function broadcastPlaces(tensor: TensorInfo, shape: number[]): Int32Array {
  const strides = new Array<number>(shape.length).fill(0);
  let step = 1;
  for (let axis = 1; axis <= tensor.shape.length; axis++) {
    const size = tensor.shape.at(-axis) as number;
    strides[shape.length - axis] = size === 1 ? 0 : step;
    step *= size;
  }
  return Int32Array.from({ length: util.sizeFromShape(shape) }, (_, index) => {
    let at = 0;
    for (let axis = shape.length - 1, rest = index; axis >= 0; axis--) {
      const size = shape[axis] as number;
      at += (rest % size) * (strides[axis] as number);
      rest = Math.floor(rest / size);
    }
    return at;
  });
}

function compare({ inputs, backend }: KernelCall, holds: (a: string, b: string) => boolean): TensorInfo {
  const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
  const shape = broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
  const [left, right] = [a, b].map((tensor) => {
    const decoded = stringsOf(backend, tensor).map((bytes) => util.decodeString(bytes));
    return Array.from(broadcastPlaces(tensor, shape), (at) => decoded[at] as string);
  }) as [string[], string[]];
  return backend.makeOutput(
    shape,
    'bool',
    null,
    Uint8Array.from(left, (value, i) => (holds(value, right[i] as string) ? 1 : 0)),
  );
}

/** Kernels that move values about, whatever they are: they move numbers that stand for the strings. */
const moving = new Set([
  'Tile',
  'Transpose',
  'GatherV2',
  'GatherNd',
  'Reverse',
  'Slice',
  'StridedSlice',
  'Concat',
  'Select',
  'SplitV',
  'Pack',
  'Unpack',
]);

function move(call: KernelCall, run: (call: KernelCall) => TensorInfo | TensorInfo[]): TensorInfo | TensorInfo[] {
  const { backend } = call;
  const all: Strings = [];
  const numbers: TensorInfo[] = [];
  const entries = Object.entries(call.inputs).map(([name, tensor]) => {
    if (!isString(tensor)) return [name, tensor] as const;
    const stand = numbered(backend, tensor as TensorInfo, all.length);
    for (const bytes of stringsOf(backend, tensor as TensorInfo)) all.push(bytes);
    numbers.push(stand);
    return [name, stand] as const;
  });
  const inputs = Array.isArray(call.inputs) ? entries.map(([, tensor]) => tensor) : Object.fromEntries(entries);
  try {
    const moved = [run({ ...call, inputs: inputs as KernelCall['inputs'] })].flat();
    const outputs = moved.map((output) => {
      const strings = Array.from(backend.typedArrayFromHeap(output), (at) => all[at] as Uint8Array);
      backend.disposeData(output.dataId);
      return ofStrings(backend, output.shape, strings);
    });
    return outputs.length === 1 ? (outputs[0] as TensorInfo) : outputs;
  } finally {
    for (const { dataId } of numbers) backend.disposeData(dataId);
  }
}

/** A kernel that also takes tensors of strings, if it is one of those that can. */
export function takingStrings(kernel: BackendKernel): BackendKernel {
  const { name } = kernel;
  const holds = comparisons[name];
  if (!holds && !moving.has(name) && name !== 'Fill') return kernel;
  return {
    name,
    run: (call, beneath) => {
      if (name === 'Fill') {
        const { shape, value, dtype } = call.attrs as unknown as { shape: number[]; value: unknown; dtype?: DataType };
        if (typeof value !== 'string' || (dtype !== undefined && dtype !== 'string')) return kernel.run(call, beneath);
        return ofStrings(call.backend, shape, new Array<Uint8Array>(util.sizeFromShape(shape)).fill(util.encodeString(value)));
      }
      if (!Object.values(call.inputs).some((tensor) => isString(tensor as TensorInfo))) return kernel.run(call, beneath);
      return holds ? compare(call, holds) : move(call, (moved) => kernel.run(moved, beneath));
    },
  };
}
