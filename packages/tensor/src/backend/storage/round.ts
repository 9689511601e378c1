import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { RoundingCounts } from '../../kernels/reference/storage/round.ts';
import { roundFloats } from '../../kernels/storage/round.ts';
import type { SmallFloat } from '../../kernels/storage/small-float.ts';
import type { BackendKernel } from '../kernel.ts';

interface Attributes {
  readonly format: SmallFloat;
  readonly saturate: boolean;
  readonly after: number;
  readonly key?: readonly [number, number];
  /** Of blocks. */
  readonly size?: number;
  readonly told: (counts: RoundingCounts) => void;
}

export const roundKernel: BackendKernel = {
  name: 'XRound',
  run: ({ inputs, attrs, backend }) => {
    const x = inputs['x'] as TensorInfo;
    const { format, saturate, after, key, size, told } = attrs as unknown as Attributes;
    const output = backend.makeOutput(x.shape, 'float32');
    const blocks = size === undefined ? {} : { blocks: { width: x.shape.at(-1) ?? 1, size } };
    const count = util.sizeFromShape(x.shape);
    const call = { x: backend.address(x), to: backend.address(output), count, format, saturate, after, ...(key && { key }), ...blocks };
    told(roundFloats(backend.kernels, call));
    return output;
  },
};
