import { getKernel, type DataType, type TensorInfo } from '@tensorflow/tfjs-core';
import { fft } from '../kernels/fft.ts';
import type { XBackend } from './backend.ts';
import type { Beneath, BackendKernel, KernelCall } from './kernel.ts';

type Parts = readonly [real: TensorInfo, imag: TensorInfo];

const isComplex = (tensor: TensorInfo | undefined): boolean => tensor?.dtype === 'complex64';

/** The two parts of a complex tensor, which owns them. */
function partsOf(backend: XBackend, x: TensorInfo): Parts {
  const parts = backend.data(x).parts;
  if (!parts) throw new Error(`internal: a ${x.dtype} tensor has no complex parts`);
  return [
    { ...parts.real, shape: x.shape },
    { ...parts.imag, shape: x.shape },
  ];
}

/** A complex tensor that takes over its parts. */
function joined(backend: XBackend, [real, imag]: Parts): TensorInfo {
  const output = backend.makeOutput(real.shape, 'complex64');
  backend.data(output).parts = { real, imag };
  return output;
}

function copied(backend: XBackend, x: TensorInfo): TensorInfo {
  const output = backend.makeOutput(x.shape, x.dtype);
  const { memoryOffset, bytes } = backend.data(x);
  backend.heap.bytes.copyWithin(backend.address(output), memoryOffset, memoryOffset + bytes);
  return output;
}

function run(backend: XBackend, name: string, inputs: Record<string, TensorInfo>, attrs: Record<string, unknown> = {}): TensorInfo {
  const kernel = getKernel(name, 'x');
  if (!kernel) throw new Error(`internal: backend 'x' has no kernel ${name}`);
  return kernel.kernelFunc({ inputs, attrs: attrs as never, backend }) as TensorInfo;
}

/** A copy as float32. */
function asFloats(backend: XBackend, x: TensorInfo): TensorInfo {
  return x.dtype === 'float32' ? copied(backend, x) : run(backend, 'Cast', { x }, { dtype: 'float32' });
}

const complex: BackendKernel = {
  name: 'Complex',
  run: ({ inputs, backend }) =>
    joined(backend, [asFloats(backend, inputs['real'] as TensorInfo), asFloats(backend, inputs['imag'] as TensorInfo)]),
};

function part(name: string, index: 0 | 1): BackendKernel {
  return { name, run: ({ inputs, backend }) => copied(backend, partsOf(backend, inputs['input'] as TensorInfo)[index]) };
}

const complexAbs: BackendKernel = {
  name: 'ComplexAbs',
  run: ({ inputs, backend }) => {
    const x = inputs['x'] as TensorInfo;
    const output = backend.makeOutput(x.shape, 'float32');
    const [real, imag] = partsOf(backend, x).map((tensor) => backend.typedArrayFromHeap(tensor)) as [Float32Array, Float32Array];
    const to = backend.typedArrayFromHeap(output);
    for (let i = 0; i < to.length; i++) to[i] = Math.hypot(real[i] as number, imag[i] as number);
    return output;
  },
};

/** The Fourier transform along the last axis. */
function transform(name: string, inverse: boolean): BackendKernel {
  return {
    name,
    run: ({ inputs, backend }) => {
      const x = inputs['input'] as TensorInfo;
      const outputs: Parts = [backend.makeOutput(x.shape, 'float32'), backend.makeOutput(x.shape, 'float32')];
      const [real, imag] = partsOf(backend, x).map((tensor) => backend.typedArrayFromHeap(tensor)) as [Float32Array, Float32Array];
      const [toReal, toImag] = outputs.map((tensor) => backend.typedArrayFromHeap(tensor)) as [Float32Array, Float32Array];
      const n = x.shape.at(-1) as number;
      for (let from = 0; from < real.length; from += n) {
        const vector = { real: Float64Array.from(real.subarray(from, from + n)), imag: Float64Array.from(imag.subarray(from, from + n)) };
        fft(vector, inverse);
        toReal.set(vector.real, from);
        toImag.set(vector.imag, from);
      }
      return joined(backend, outputs);
    },
  };
}

export const complexKernels: readonly BackendKernel[] = [
  complex,
  part('Real', 0),
  part('Imag', 1),
  complexAbs,
  transform('FFT', false),
  transform('IFFT', true),
];

/** Kernels that move values about and so do the same to each part. */
const byParts = new Set([
  ...[
    'Add',
    'Sub',
    'Neg',
    'ZerosLike',
    'Concat',
    'Slice',
    'StridedSlice',
    'Transpose',
    'Tile',
    'Reverse',
    'GatherV2',
    'GatherNd',
    'PadV2',
    'Sum',
  ],
  ...['BroadcastTo', 'Pack', 'Unpack', 'SplitV', 'Select', 'ScatterNd', 'MirrorPad'],
]);

/** Runs a kernel that knows real numbers on the real parts and on the imaginary ones. */
function eachPart(call: KernelCall, beneath: Beneath, kernel: BackendKernel): TensorInfo | TensorInfo[] {
  const { backend } = call;
  const results = [0, 1].map((index) => {
    const inputs = Object.fromEntries(
      Object.entries(call.inputs).map(([name, tensor]) => [
        name,
        isComplex(tensor) ? partsOf(backend, tensor as TensorInfo)[index] : tensor,
      ]),
    );
    return [kernel.run({ ...call, inputs: (Array.isArray(call.inputs) ? Object.values(inputs) : inputs) as never }, beneath)].flat();
  }) as [TensorInfo[], TensorInfo[]];
  // A result may share its part with the input; a complex tensor owns its own.
  const outputs = results[0].map((real, index) => joined(backend, [real, results[1][index] as TensorInfo]));
  return outputs.length === 1 ? (outputs[0] as TensorInfo) : outputs;
}

function multiply(backend: XBackend, a: TensorInfo, b: TensorInfo): TensorInfo {
  const [[ar, ai], [br, bi]] = [partsOf(backend, a), partsOf(backend, b)];
  const combined = (name: string, left: Parts, right: Parts): TensorInfo => {
    const products = [
      run(backend, 'Multiply', { a: left[0], b: left[1] }),
      run(backend, 'Multiply', { a: right[0], b: right[1] }),
    ] as const;
    const output = run(backend, name, { a: products[0], b: products[1] });
    for (const { dataId } of products) backend.disposeData(dataId);
    return output;
  };
  return joined(backend, [combined('Sub', [ar, br], [ai, bi]), combined('Add', [ar, bi], [ai, br])]);
}

function castComplex(backend: XBackend, x: TensorInfo, dtype: DataType): TensorInfo {
  if (!isComplex(x))
    return joined(backend, [asFloats(backend, x), run(backend, 'Fill', {}, { shape: x.shape, value: 0, dtype: 'float32' })]);
  if (dtype === 'complex64') return backend.share(x, x.shape);
  const [real] = partsOf(backend, x);
  return dtype === 'float32' ? copied(backend, real) : run(backend, 'Cast', { x: real }, { dtype });
}

/** A kernel that also takes complex tensors, if it is one of those that can. */
export function takingComplex(kernel: BackendKernel): BackendKernel {
  const { name } = kernel;
  const own = special[name] ?? (byParts.has(name) ? eachPart : undefined);
  if (!own) return kernel;
  return {
    name,
    run: (call, beneath) => {
      const concerned =
        Object.values(call.inputs).some((tensor) => isComplex(tensor as TensorInfo)) ||
        (name === 'Cast' && call.attrs?.['dtype'] === 'complex64');
      return concerned ? own(call, beneath, kernel) : kernel.run(call, beneath);
    },
  };
}

const special: Readonly<Record<string, typeof eachPart>> = {
  Cast: ({ inputs, attrs, backend }) => castComplex(backend, inputs['x'] as TensorInfo, attrs?.['dtype'] as DataType),
  Multiply: ({ inputs, backend }) => multiply(backend, inputs['a'] as TensorInfo, inputs['b'] as TensorInfo),
  OnesLike: ({ inputs, backend }) => {
    const { shape } = inputs['x'] as TensorInfo;
    return joined(backend, [1, 0].map((value) => run(backend, 'Fill', {}, { shape, value, dtype: 'float32' })) as unknown as Parts);
  },
};
