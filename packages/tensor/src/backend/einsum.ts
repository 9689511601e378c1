import { backend_util, getKernel, util, type DataType, type TensorInfo } from '@tensorflow/tfjs-core';
import type { XBackend } from './backend.ts';
import type { BackendKernel } from './kernel.ts';
import { matMul } from './matmul.ts';

/** A tensor and the dimension of the equation that each of its axes is. */
interface Term {
  readonly tensor: TensorInfo;
  readonly dims: readonly number[];
}

const product = (sizes: readonly number[]): number => sizes.reduce((result, size) => result * size, 1);

/** Runs a kernel on a term's tensor, which is dropped. */
function apply(
  backend: XBackend,
  tensor: TensorInfo,
  kernel: string,
  attrs: Record<string, number | number[] | string | boolean>,
): TensorInfo {
  const config = getKernel(kernel, 'x');
  if (!config) throw new Error(`internal: backend 'x' has no kernel ${kernel}`);
  const output = config.kernelFunc({ inputs: { x: tensor }, attrs, backend }) as TensorInfo;
  backend.disposeData(tensor.dataId);
  return output;
}

/** Sums over the axes whose dimension `kept` leaves out. */
function summed(backend: XBackend, { tensor, dims }: Term, kept: (dim: number) => boolean): Term {
  const axis = dims.flatMap((dim, index) => (kept(dim) ? [] : [index]));
  if (axis.length === 0) return { tensor, dims };
  return { tensor: apply(backend, tensor, 'Sum', { axis, keepDims: false }), dims: dims.filter(kept) };
}

/** Orders the axes by `dims`. */
function ordered(backend: XBackend, term: Term, dims: readonly number[]): Term {
  const perm = dims.map((dim) => term.dims.indexOf(dim));
  if (perm.every((from, to) => from === to)) return term;
  return { tensor: apply(backend, term.tensor, 'Transpose', { perm }), dims };
}

/** As one matrix a batch: [batch, rows, columns], or with the latter exchanged if so it need not be transposed. */
function matrices(
  backend: XBackend,
  term: Term,
  batch: readonly number[],
  rows: readonly number[],
  columns: readonly number[],
): { matrix: TensorInfo; exchanged: boolean } {
  const inOrder = [...batch, ...columns, ...rows];
  const exchanged = rows.length > 0 && columns.length > 0 && inOrder.every((dim, axis) => term.dims[axis] === dim);
  const { tensor, dims } = exchanged ? term : ordered(backend, term, [...batch, ...rows, ...columns]);
  const size = (of: readonly number[]): number => product(of.map((dim) => tensor.shape[dims.indexOf(dim)] as number));
  const shape = exchanged ? [size(batch), size(columns), size(rows)] : [size(batch), size(rows), size(columns)];
  return { matrix: { ...tensor, shape }, exchanged };
}

/** The product of two terms, summed over the dimensions that both have and the result hasn't: one product of matrices. */
function contracted(backend: XBackend, a: Term, b: Term, output: readonly number[], sizes: ReadonlyMap<number, number>): Term {
  const shared = a.dims.filter((dim) => b.dims.includes(dim));
  const batch = shared.filter((dim) => output.includes(dim));
  const inner = shared.filter((dim) => !output.includes(dim));
  const rows = a.dims.filter((dim) => !shared.includes(dim));
  const columns = b.dims.filter((dim) => !shared.includes(dim));
  const left = matrices(backend, a, batch, rows, inner);
  const right = matrices(backend, b, batch, inner, columns);
  const tensor = matMul(backend, left.matrix, right.matrix, { transposeA: left.exchanged, transposeB: right.exchanged });
  for (const { matrix } of [left, right]) backend.disposeData(matrix.dataId);
  const dims = [...batch, ...rows, ...columns];
  return { tensor: { ...tensor, shape: dims.map((dim) => sizes.get(dim) as number) }, dims };
}

/** The sum of products that an equation says, of one tensor or two. */
const einsum: BackendKernel = {
  name: 'Einsum',
  run: ({ inputs, attrs, backend }) => {
    const tensors = inputs as unknown as TensorInfo[];
    const { equation } = attrs as { equation: string };
    const { allDims, summedDims, idDims } = backend_util.decodeEinsumEquation(equation, tensors.length);
    backend_util.checkEinsumDimSizes(allDims.length, idDims, tensors as never);
    const output = Array.from({ length: allDims.length - summedDims.length }, (_, dim) => dim);
    const sizes = new Map(idDims.flatMap((dims, index) => dims.map((dim, axis) => [dim, tensors[index]?.shape[axis] as number] as const)));
    const dtype: DataType = tensors.every((tensor) => tensor.dtype === 'int32') ? 'int32' : 'float32';
    const terms = tensors.map((tensor, index): Term => {
      const dims = idDims[index] as number[];
      const typed = apply(backend, backend.share(tensor, tensor.shape), 'Cast', { dtype });
      const needed = (dim: number): boolean =>
        output.includes(dim) || idDims.some((others, other) => other !== index && others.includes(dim));
      return summed(backend, { tensor: typed, dims }, needed);
    });
    const [first, ...rest] = terms as [Term, ...Term[]];
    const result = rest.reduce((term, next) => contracted(backend, term, next, output, sizes), first);
    const { tensor } = ordered(backend, result, output);
    util.assert(
      util.arraysEqual(
        tensor.shape,
        output.map((dim) => sizes.get(dim) as number),
      ),
      () => `internal: einsum '${equation}' gave ${tensor.shape}`,
    );
    return tensor;
  },
};

export const einsumKernels: readonly BackendKernel[] = [einsum];
