import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import { fakeQuantizeFloats, fakeQuantizeGradient } from '../../kernels/quant/fake-quantize.ts';
import type { BackendKernel } from '../kernel.ts';

interface Attributes {
  readonly from: number;
  readonly until: number;
  readonly gradientScale: number;
}

function columnsOf(scale: TensorInfo): number {
  return scale.shape.length === 0 ? 0 : (scale.shape[0] as number);
}

export const fakeQuantizeKernels: readonly BackendKernel[] = [
  {
    name: 'XFakeQuantize',
    run: ({ inputs, attrs, backend }) => {
      const { x, scale } = inputs as { x: TensorInfo; scale: TensorInfo };
      const { from, until } = attrs as unknown as Attributes;
      const output = backend.makeOutput(x.shape, 'float32');
      fakeQuantizeFloats(backend.kernels, {
        ...{ x: backend.address(x), scale: backend.address(scale), to: backend.address(output) },
        ...{ count: util.sizeFromShape(x.shape), columns: columnsOf(scale), from, until },
      });
      return output;
    },
  },
  {
    /** The gradients of x and of the scale. */
    name: 'XFakeQuantizeGrad',
    run: ({ inputs, attrs, backend }) => {
      const { dy, x, scale } = inputs as { dy: TensorInfo; x: TensorInfo; scale: TensorInfo };
      const { from, until, gradientScale } = attrs as unknown as Attributes;
      const dx = backend.makeOutput(x.shape, 'float32');
      const dscale = backend.makeOutput(scale.shape, 'float32');
      fakeQuantizeGradient(backend.kernels, {
        ...{ x: backend.address(x), scale: backend.address(scale), to: backend.address(dx) },
        ...{ count: util.sizeFromShape(x.shape), columns: columnsOf(scale), from, until },
        ...{ dy: backend.address(dy), dscale: backend.address(dscale), factor: gradientScale },
      });
      return [dx, dscale];
    },
  },
];
