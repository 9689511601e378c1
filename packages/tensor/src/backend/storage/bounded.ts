import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import { boundFloats, unboundFloats } from '../../kernels/storage/bounded.ts';
import type { BackendKernel } from '../kernel.ts';
import { oddElement } from '../odd-element.ts';

export const boundedKernels: readonly BackendKernel[] = [
  {
    /** int32: where each chunk of 4096 numbers begins, in bytes, and the chunks. */
    name: 'XBound',
    run: ({ inputs, attrs, backend }) => {
      const x = inputs['x'] as TensorInfo;
      const { step } = attrs as { step: number };
      let output: TensorInfo | undefined;
      const place = (words: number): number => {
        output = backend.makeOutput([words], 'int32');
        return backend.address(output);
      };
      if (!boundFloats(backend.kernels, backend.address(x), util.sizeFromShape(x.shape), step, place))
        throw new RangeError(`compressBounded: ${oddElement(backend, x)}, whose error has no bound; find out where it came from.`);
      return output as TensorInfo;
    },
  },
  {
    name: 'XUnbound',
    run: ({ inputs, attrs, backend }) => {
      const { shape, step } = attrs as unknown as { shape: number[]; step: number };
      const output = backend.makeOutput(shape, 'float32');
      const codes = backend.address(inputs['codes'] as TensorInfo);
      unboundFloats(backend.kernels, codes, backend.address(output), util.sizeFromShape(shape), step);
      return output;
    },
  },
];
