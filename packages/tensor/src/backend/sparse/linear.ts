import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { GemmActivation } from '../../kernels/product.ts';
import { backwardParts, sparseBackward } from '../../kernels/sparse/backward.ts';
import { nmBackward, nmPieces, type NmPieces } from '../../kernels/sparse/nm.ts';
import { gather } from '../../kernels/sparse/permute.ts';
import { sddmm } from '../../kernels/sparse/sddmm.ts';
import { spmm } from '../../kernels/sparse/spmm.ts';
import type { XBackend } from '../backend.ts';
import type { BackendKernel } from '../kernel.ts';
import { borrowed } from './borrowed.ts';
import { dropCopy, inBlocks, keepInBlocks, makeInBlocks } from './in-blocks.ts';

type PatternTensor = 'pointers' | 'indices' | 'acrossPointers' | 'acrossIndices' | 'permutation';

/** What the products need of a pattern: its sizes, and its tensors by rows and by columns. */
interface Pattern {
  readonly rows: number;
  readonly columns: number;
  readonly nonZeros: number;
  readonly pointers: Int32Array;
  readonly indices: Int32Array;
  /** How regular it is, as N:M patterns are; null if it isn't, undefined as long as nobody has looked. */
  pieces: NmPieces | null | undefined;
  onDevice(): Readonly<Record<PatternTensor, TensorInfo>>;
}

interface Activation {
  readonly activation: GemmActivation;
  readonly slope: number;
}

/** Batches go in and come out in blocks, see inBlocks. */
export const linearKernels: readonly BackendKernel[] = [
  {
    /** y[batch, rows] = activation(x·Sᵀ + bias). */
    name: 'XSparseLinear',
    run: ({ inputs, attrs, backend }) => {
      const { x, values, bias } = inputs as { x: TensorInfo; values: TensorInfo; bias?: TensorInfo };
      const { pattern, activation, slope, recorded } = attrs as unknown as { pattern: Pattern; recorded?: boolean } & Activation;
      const { rows, columns, nonZeros } = pattern;
      const batch = x.shape[0] as number;
      const at = {
        ...addresses(backend, pattern, 'pointers', 'indices'),
        values: backend.address(values),
        bias: bias ? backend.address(bias) : 0,
      };
      if (recorded) keepInBlocks(backend, x);
      return inBlocks(backend, [x], (blocks) => {
        const output = makeInBlocks(backend, batch, rows);
        spmm(backend.kernels, { ...at, x: blocks as number, y: output.address, rows, columns, batch, nonZeros, activation, slope });
        return output.tensor;
      });
    },
  },
  {
    /** dx = d·S; and into `dvalues`, which has room, dᵀ·x at the non-zeros. */
    name: 'XSparseBackward',
    run: ({ inputs, attrs, backend }) => {
      const { d, x, values, dvalues } = inputs as { d: TensorInfo; x: TensorInfo; values: TensorInfo; dvalues: TensorInfo };
      const { pattern } = attrs as unknown as { pattern: Pattern };
      const { rows, columns, nonZeros } = pattern;
      const batch = x.shape[0] as number;
      const at = { values: backend.address(values), dvalues: backend.address(dvalues) };
      const byRows = addresses(backend, pattern, 'indices');
      const byColumns = addresses(backend, pattern, 'acrossPointers', 'acrossIndices', 'permutation');
      const dx = inBlocks(backend, [d, x], (dBlocks, xBlocks) => {
        const output = makeInBlocks(backend, batch, columns);
        const sizes = { rows, columns, batch, nonZeros };
        const call = { ...at, ...sizes, d: dBlocks as number, x: xBlocks as number, dx: output.address };
        if (pattern.pieces === undefined) pattern.pieces = nmPieces(pattern) ?? null;
        if (pattern.pieces) nmBackward(backend.kernels, { ...call, indices: byRows.indices }, pattern.pieces);
        else {
          const { acrossPointers: pointers, acrossIndices: indices, permutation } = byColumns;
          borrowed(backend, (backwardParts(backend.kernels, batch, nonZeros) - 1) * nonZeros, (work) =>
            sparseBackward(backend.kernels, { ...call, pointers, indices, permutation, work }),
          );
        }
        return output.tensor;
      });
      dropCopy(backend, x);
      return dx;
    },
  },
  {
    /** dx = d·S alone, by way of the columns. */
    name: 'XSparseInputGrad',
    run: ({ inputs, attrs, backend }) => {
      const { d, values } = inputs as { d: TensorInfo; values: TensorInfo };
      const { pattern } = attrs as unknown as { pattern: Pattern };
      const { rows, columns, nonZeros } = pattern;
      const batch = d.shape[0] as number;
      const at = { ...addresses(backend, pattern, 'acrossPointers', 'acrossIndices', 'permutation'), values: backend.address(values) };
      return inBlocks(backend, [d], (blocks) => {
        const output = makeInBlocks(backend, batch, columns);
        borrowed(backend, nonZeros, (across) => {
          gather(backend.kernels, { permutation: at.permutation, from: at.values, to: across, count: nonZeros });
          spmm(backend.kernels, {
            pointers: at.acrossPointers,
            indices: at.acrossIndices,
            values: across,
            x: blocks as number,
            y: output.address,
            ...{ rows: columns, columns: rows, batch, nonZeros },
          });
        });
        return output.tensor;
      });
    },
  },
  {
    /** dvalues = dᵀ·x at the non-zeros alone; 0 for values beyond them. */
    name: 'XSparseValuesGrad',
    run: ({ inputs, attrs, backend }) => {
      const { d, x } = inputs as { d: TensorInfo; x: TensorInfo };
      const { pattern, size } = attrs as unknown as { pattern: Pattern; size: number };
      const { rows, columns, nonZeros } = pattern;
      const { pointers, indices } = addresses(backend, pattern, 'pointers', 'indices');
      const output = valuesRoom(backend, size, nonZeros);
      const values = backend.address(output);
      inBlocks(backend, [d, x], (dBlocks, xBlocks) =>
        sddmm(backend.kernels, {
          ...{ pointers, indices, values, rows, columns, nonZeros },
          d: dBlocks as number,
          x: xBlocks as number,
          batch: x.shape[0] as number,
        }),
      );
      dropCopy(backend, x);
      return output;
    },
  },
];

/** Addresses of some of a pattern's tensors. */
function addresses<Name extends PatternTensor>(backend: XBackend, pattern: Pattern, ...names: Name[]): Record<Name, number> {
  const tensors = pattern.onDevice();
  return Object.fromEntries(names.map((name) => [name, backend.address(tensors[name])])) as Record<Name, number>;
}

/** Room for the gradient of `size` values, which a kernel is to write to; 0 beyond the non-zeros. */
export function valuesRoom(backend: XBackend, size: number, nonZeros: number): TensorInfo {
  const output = backend.makeOutput([size], 'float32');
  const at = backend.address(output) / 4;
  if (size > nonZeros) backend.heap.floats.fill(0, at + nonZeros, at + size);
  return output;
}
