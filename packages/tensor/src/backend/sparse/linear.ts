import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { GemmActivation } from '../../kernels/product.ts';
import { sparseBackward } from '../../kernels/sparse/backward.ts';
import { paddedBatch } from '../../kernels/sparse/layout.ts';
import { outputGradient } from '../../kernels/sparse/output-gradient.ts';
import { gather, scatter } from '../../kernels/sparse/permute.ts';
import { sddmm } from '../../kernels/sparse/sddmm.ts';
import { spmm } from '../../kernels/sparse/spmm.ts';
import type { XBackend } from '../backend.ts';
import type { BackendKernel } from '../kernel.ts';
import { borrowed, inBlocks } from './borrowed.ts';

type PatternTensor = 'pointers' | 'indices' | 'acrossPointers' | 'acrossIndices' | 'permutation';

/** What the products need of a pattern: its sizes, and its tensors by rows and by columns. */
interface Pattern {
  readonly rows: number;
  readonly columns: number;
  readonly nonZeros: number;
  onDevice(): Readonly<Record<PatternTensor, TensorInfo>>;
}

interface Activation {
  readonly activation: GemmActivation;
  readonly slope: number;
}

type Named = Readonly<Record<string, TensorInfo>>;

export const linearKernels: readonly BackendKernel[] = [
  {
    /** y[batch, rows] = activation(x·Sᵀ + bias). */
    name: 'XSparseLinear',
    run: ({ inputs, attrs, backend }) => {
      const { x, values, bias } = inputs as { x: TensorInfo; values: TensorInfo; bias?: TensorInfo };
      const { pattern, activation, slope } = attrs as unknown as { pattern: Pattern } & Activation;
      const { rows, columns, nonZeros } = pattern;
      const { pointers, indices } = pattern.onDevice();
      const batch = x.shape[0] as number;
      const output = backend.makeOutput([batch, rows], 'float32');
      inBlocks(backend, x, (blocks) =>
        spmm(backend.kernels, {
          pointers: backend.address(pointers),
          indices: backend.address(indices),
          values: backend.address(values),
          x: blocks,
          y: backend.address(output),
          ...{ rows, columns, batch, nonZeros, activation, slope },
          bias: bias ? backend.address(bias) : 0,
        }),
      );
      return output;
    },
  },
  {
    /** [dz in blocks, its sum over the batch] of dy and y = activation(z), both [batch, features]. */
    name: 'XSparseOutputGrad',
    run: ({ inputs, attrs, backend }) => {
      const { dy, y } = inputs as { dy: TensorInfo; y: TensorInfo };
      const { activation, slope } = attrs as unknown as Activation;
      const [batch, features] = dy.shape as [number, number];
      const d = backend.makeOutput([paddedBatch(batch) * features], 'float32');
      const bias = backend.makeOutput([features], 'float32');
      outputGradient(backend.kernels, {
        dy: backend.address(dy),
        y: backend.address(y),
        blocks: backend.address(d),
        bias: backend.address(bias),
        ...{ batch, features, activation, slope },
      });
      return [d, bias];
    },
  },
  {
    /** Room for the gradient of `size` values, which a kernel is to write to; 0 beyond the non-zeros. */
    name: 'XSparseValuesRoom',
    run: ({ attrs, backend }) => {
      const { size, nonZeros } = attrs as unknown as { size: number; nonZeros: number };
      return room(backend, size, nonZeros);
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
      const output = backend.makeOutput([batch, columns], 'float32');
      const { acrossPointers, acrossIndices } = pattern.onDevice();
      const permutation = backend.address(pattern.onDevice().permutation);
      inBlocks(backend, x, (blocks) =>
        byColumns(backend, values, pattern, (across) =>
          borrowed(backend, nonZeros, (gradient) => {
            sparseBackward(backend.kernels, {
              pointers: backend.address(acrossPointers),
              indices: backend.address(acrossIndices),
              values: across,
              dvalues: gradient,
              d: backend.address(d),
              x: blocks,
              dx: backend.address(output),
              ...{ rows, columns, batch, nonZeros },
            });
            scatter(backend.kernels, { permutation, from: gradient, to: backend.address(dvalues), count: nonZeros });
          }),
        ),
      );
      return output;
    },
  },
  {
    /** dx = d·S alone, by way of the columns. */
    name: 'XSparseInputGrad',
    run: ({ inputs, attrs, backend }) => {
      const { d, values } = inputs as Named as { d: TensorInfo; values: TensorInfo };
      const { pattern, batch } = attrs as unknown as { pattern: Pattern; batch: number };
      const { acrossPointers, acrossIndices } = pattern.onDevice();
      const output = backend.makeOutput([batch, pattern.columns], 'float32');
      byColumns(backend, values, pattern, (across) =>
        spmm(backend.kernels, {
          pointers: backend.address(acrossPointers),
          indices: backend.address(acrossIndices),
          values: across,
          x: backend.address(d),
          y: backend.address(output),
          rows: pattern.columns,
          columns: pattern.rows,
          batch,
          nonZeros: pattern.nonZeros,
        }),
      );
      return output;
    },
  },
  {
    /** dvalues = dᵀ·x at the non-zeros alone; 0 for values beyond them. */
    name: 'XSparseValuesGrad',
    run: ({ inputs, attrs, backend }) => {
      const { d, x } = inputs as { d: TensorInfo; x: TensorInfo };
      const { pattern, size } = attrs as unknown as { pattern: Pattern; size: number };
      const { rows, columns, nonZeros } = pattern;
      const { pointers, indices } = pattern.onDevice();
      const output = room(backend, size, nonZeros);
      inBlocks(backend, x, (blocks) =>
        sddmm(backend.kernels, {
          pointers: backend.address(pointers),
          indices: backend.address(indices),
          values: backend.address(output),
          d: backend.address(d),
          x: blocks,
          ...{ rows, columns, batch: x.shape[0] as number, nonZeros },
        }),
      );
      return output;
    },
  },
];

/** The values in the order of the pattern's columns, for as long as `use` takes. */
function byColumns<T>(backend: XBackend, values: TensorInfo, pattern: Pattern, use: (address: number) => T): T {
  const permutation = backend.address(pattern.onDevice().permutation);
  return borrowed(backend, pattern.nonZeros, (across) => {
    gather(backend.kernels, { permutation, from: backend.address(values), to: across, count: pattern.nonZeros });
    return use(across);
  });
}

function room(backend: XBackend, size: number, nonZeros: number): TensorInfo {
  const output = backend.makeOutput([size], 'float32');
  const at = backend.address(output) / 4;
  backend.heap.floats.fill(0, at + nonZeros, at + size);
  return output;
}
