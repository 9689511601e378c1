import type { SequentialLayer } from '@x/tensor';
import { replaceSparseLayers } from '../layers/replace-sparse-layers.ts';

/**
 * The same network with sparse layers that have room for the non-zeros that are left, and no more, those in containers too: pruned weights
 * give their memory back, and an optimizer begun on the result has slots as small. It takes the network's place: sparse layers of the old
 * one are disposed, the others are shared.
 *
 * @throws {TypeError} if the network is no `sequential`, or has a container whose parts can't be replaced; nothing is changed then.
 */
export function trim(net: SequentialLayer): SequentialLayer {
  return replaceSparseLayers('trim', net, {
    replace: (layer) => {
      const small = layer.restricted(upTo(layer.inputs), upTo(layer.units));
      layer.dispose();
      return small;
    },
  });
}

function upTo(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, index) => index);
}
