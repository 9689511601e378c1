import type { TensorInfo } from '@tensorflow/tfjs-core';
import { move, rewire, rewireCount } from '../../kernels/sparse/rewire.ts';
import type { BackendKernel } from '../kernel.ts';
import { borrowed } from './borrowed.ts';

export const rewireKernels: readonly BackendKernel[] = [
  {
    /** [pointers, indices, from] of a pattern after a change; `keep` and `grown` are given as they are, not as tensors, and `check` says what is wrong with `grown`. */
    name: 'XSparseRewire',
    run: ({ inputs, attrs, backend }) => {
      const { pointers, indices } = inputs as Record<'pointers' | 'indices', TensorInfo>;
      const { columns, keep, grown, check } = attrs as unknown as {
        columns: number;
        keep: Uint8Array;
        grown: Float64Array;
        check: () => void;
      };
      const rows = (pointers.shape[0] as number) - 1;
      const { heap, kernels } = backend;
      const newPointers = backend.makeOutput([rows + 1], 'int32');
      return borrowed(backend, 2 * grown.length + Math.ceil(keep.length / 4), (room) => {
        const flags = room + 8 * grown.length;
        new Float64Array(heap.bytes.buffer, room, grown.length).set(grown);
        heap.bytes.set(keep, flags);
        const call = {
          pointers: backend.address(pointers),
          indices: backend.address(indices),
          ...{ rows, columns, nonZeros: keep.length, keep: flags, grown: room, grownCount: grown.length },
          newPointers: backend.address(newPointers),
        };
        const count = rewireCount(kernels, call);
        if (count < 0 || rows === 0) check();
        const outputs = [backend.makeOutput([count], 'int32'), backend.makeOutput([count], 'int32')] as const;
        if (!rewire(kernels, call, backend.address(outputs[0]), backend.address(outputs[1])))
          throw new RangeError('rewire: grown has the position of a non-zero that stays, but must have others.');
        return [newPointers, ...outputs];
      });
    },
  },
  {
    /** float32[size]: values in the order of new non-zeros, and what grew, or 0. */
    name: 'XSparseMove',
    run: ({ inputs, attrs, backend }) => {
      const { values, from, grown } = inputs as { values: TensorInfo; from: TensorInfo; grown?: TensorInfo };
      const { size } = attrs as unknown as { size: number };
      const output = backend.makeOutput([size], 'float32');
      move(backend.kernels, {
        from: backend.address(from),
        count: from.shape[0] as number,
        values: backend.address(values),
        grown: grown ? backend.address(grown) : 0,
        to: backend.address(output),
        size,
      });
      return output;
    },
  },
];
