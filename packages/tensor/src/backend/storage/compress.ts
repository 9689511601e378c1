import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import { codeWords, compressFloats, positiveFloats, restoreFloats, wherePositiveFloats } from '../../kernels/storage/compress.ts';
import type { BackendKernel } from '../kernel.ts';
import { oddElement } from '../odd-element.ts';

interface Attributes {
  readonly bits: number;
  readonly groupSize: number;
}

export const compressKernels: readonly BackendKernel[] = [
  {
    /** Codes and ranges. */
    name: 'XCompress',
    run: ({ inputs, attrs, backend }) => {
      const x = inputs['x'] as TensorInfo;
      const { key, bits, groupSize } = attrs as unknown as Attributes & { key: readonly [number, number] };
      const count = util.sizeFromShape(x.shape);
      const codes = backend.makeOutput([codeWords(count, bits)], 'int32');
      const ranges = backend.makeOutput([Math.ceil(count / groupSize) * 2], 'float32');
      const call = { x: backend.address(x), codes: backend.address(codes), ranges: backend.address(ranges), count, groupSize, bits, key };
      if (!compressFloats(backend.kernels, call)) {
        backend.disposeData(codes.dataId);
        backend.disposeData(ranges.dataId);
        throw new RangeError(`compress: ${oddElement(backend, x)}, which can't be quantized; find out where it came from.`);
      }
      return [codes, ranges];
    },
  },
  {
    name: 'XRestore',
    run: ({ inputs, attrs, backend }) => {
      const { codes, ranges } = inputs as { codes: TensorInfo; ranges: TensorInfo };
      const { shape, bits, groupSize } = attrs as unknown as Attributes & { shape: number[] };
      const output = backend.makeOutput(shape, 'float32');
      restoreFloats(backend.kernels, {
        ...{ x: backend.address(output), codes: backend.address(codes), ranges: backend.address(ranges) },
        ...{ count: util.sizeFromShape(shape), groupSize, bits },
      });
      return output;
    },
  },
  {
    /** int32[ceil(size / 32)]. */
    name: 'XPositive',
    run: ({ inputs, backend }) => {
      const x = inputs['x'] as TensorInfo;
      const count = util.sizeFromShape(x.shape);
      const output = backend.makeOutput([Math.ceil(count / 32)], 'int32');
      positiveFloats(backend.kernels, backend.address(x), backend.address(output), count);
      return output;
    },
  },
  {
    name: 'XWherePositive',
    run: ({ inputs, backend }) => {
      const { x, bits } = inputs as { x: TensorInfo; bits: TensorInfo };
      const output = backend.makeOutput(x.shape, 'float32');
      wherePositiveFloats(backend.kernels, backend.address(x), backend.address(bits), backend.address(output), util.sizeFromShape(x.shape));
      return output;
    },
  },
];
