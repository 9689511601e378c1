import type { TensorInfo } from '@tensorflow/tfjs-core';
import { absentAbove } from '../../kernels/sparse/absent-above.ts';
import type { BackendKernel } from '../kernel.ts';
import { borrowed } from './borrowed.ts';

/** [sizes, their places in the gradient] of some rows from `first` on, see the kernel; the gradient is written to. */
export const absentAboveKernel: BackendKernel = {
  name: 'XSparseAbsentAbove',
  run: ({ inputs, attrs, backend }) => {
    const { gradient, pointers, indices, keep } = inputs as Record<'gradient' | 'pointers' | 'indices' | 'keep', TensorInfo>;
    const { first, threshold } = attrs as unknown as { first: number; threshold: number };
    const [rows, columns] = gradient.shape as [number, number];
    const room = rows * columns;
    return borrowed(backend, 2 * room + rows, (sizes) => {
      const places = sizes + 4 * room;
      const counts = places + 4 * room;
      absentAbove(backend.kernels, {
        gradient: backend.address(gradient),
        pointers: backend.address(pointers) + 4 * first,
        indices: backend.address(indices),
        keep: backend.address(keep),
        ...{ rows, columns, threshold, sizes, places, counts },
      });
      let total = 0;
      for (let row = 0; row < rows; row++) total += backend.heap.words[counts / 4 + row] as number;
      const outputs = [backend.makeOutput([total], 'float32'), backend.makeOutput([total], 'int32')];
      const { words } = backend.heap;
      let [toSize, toPlace] = outputs.map((output) => backend.address(output) / 4) as [number, number];
      for (let row = 0; row < rows; row++) {
        const count = words[counts / 4 + row] as number;
        const from = row * columns;
        words.copyWithin(toSize, sizes / 4 + from, sizes / 4 + from + count);
        for (let i = 0; i < count; i++) words[toPlace + i] = from + (words[places / 4 + from + i] as number);
        toSize += count;
        toPlace += count;
      }
      return outputs;
    });
  },
};
