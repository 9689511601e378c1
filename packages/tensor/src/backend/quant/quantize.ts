import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import { dequantizeBytes, extremes, quantizeBytes } from '../../kernels/quant/quantize.ts';
import type { BackendKernel } from '../kernel.ts';
import { oddElement } from '../odd-element.ts';

interface Attributes {
  readonly scale: number;
  readonly zeroPoint: number;
  readonly type: 'int8' | 'uint8';
}

export const quantizeKernels: readonly BackendKernel[] = [
  {
    /** Floats to bytes, four to a word. */
    name: 'XQuantize',
    run: ({ inputs, attrs, backend }) => {
      const x = inputs['x'] as TensorInfo;
      const { scale, zeroPoint, type } = attrs as unknown as Attributes;
      const count = util.sizeFromShape(x.shape);
      const output = backend.makeOutput([Math.ceil(count / 4)], 'int32');
      const unsigned = type === 'uint8';
      const ends = unsigned ? { least: 0, most: 255 } : { least: -128, most: 127 };
      const call = { x: backend.address(x), to: backend.address(output), count, scale, zero: zeroPoint, unsigned, ...ends };
      if (!quantizeBytes(backend.kernels, call)) {
        backend.disposeData(output.dataId);
        throw new RangeError(`quantizeTensor: ${oddElement(backend, x)}, which no integer stands for; find out where it came from.`);
      }
      return output;
    },
  },
  {
    /** Bytes to floats of a shape. */
    name: 'XDequantize',
    run: ({ inputs, attrs, backend }) => {
      const { scale, zeroPoint, type, shape } = attrs as unknown as Attributes & { shape: number[] };
      const output = backend.makeOutput(shape, 'float32');
      dequantizeBytes(backend.kernels, {
        ...{ x: backend.address(inputs['data'] as TensorInfo), to: backend.address(output), count: util.sizeFromShape(shape) },
        ...{ scale, zero: zeroPoint, unsigned: type === 'uint8' },
      });
      return output;
    },
  },
  {
    /** float32[2]: the least and largest of at least one float; NaN if there is one. */
    name: 'XExtremes',
    run: ({ inputs, backend }) => {
      const x = inputs['x'] as TensorInfo;
      const ends = extremes(backend.kernels, backend.address(x), util.sizeFromShape(x.shape));
      return backend.makeOutput([2], 'float32', null, Float32Array.from(ends));
    },
  },
];
