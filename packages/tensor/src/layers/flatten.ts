import { reshape, util } from '@tensorflow/tfjs-core';
import { checkTensor } from '../ops/arguments.ts';
import { needGradients } from '../ops/kernel.ts';
import type { Layer } from './layer.ts';

/** All axes after the first as one: [n, height, width, channels] to [n, height · width · channels]. */
export function flatten(): Layer {
  return {
    kind: 'flatten',
    variables: {},
    apply: (x) => {
      checkTensor('flatten', 'x', x, { leastRank: 1 });
      needGradients();
      return reshape(x, [x.shape[0] as number, util.sizeFromShape(x.shape.slice(1))]);
    },
    outputShape: ([batch = null, ...sizes]) => [batch, sizes.includes(null) ? null : util.sizeFromShape(sizes as number[])],
    dispose: () => {},
  };
}
