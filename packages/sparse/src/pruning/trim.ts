import { sequential, type Layer, type SequentialLayer } from '@x/tensor';
import type { SparseLinearLayer } from '../layers/sparse-linear.ts';
import { show } from '../validation.ts';

/**
 * The same network with sparse layers that have room for the non-zeros that are left, and no more: pruned weights give
 * their memory back, and an optimizer begun on the result has slots as small. It takes the network's place: sparse
 * layers of the old one are disposed, the others are shared.
 *
 * @throws {TypeError} if the network is no `sequential`.
 */
export function trim(net: SequentialLayer): SequentialLayer {
  if (net?.kind !== 'sequential') throw new TypeError(`trim: net is ${show(net)}, but must be made by sequential([...]).`);
  return sequential(net.layers.map(trimmed));
}

function trimmed(layer: Layer): Layer {
  if (layer.kind === 'sequential') return trim(layer as SequentialLayer);
  if (layer.kind !== 'sparseLinear') return layer;
  const sparse = layer as SparseLinearLayer;
  const small = sparse.restricted(upTo(sparse.inputs), upTo(sparse.units));
  sparse.dispose();
  return small;
}

function upTo(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, index) => index);
}
