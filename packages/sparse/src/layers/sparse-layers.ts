import type { Layer } from '@x/tensor';
import type { SparseLinearLayer } from './sparse-linear.ts';

/** A sparse layer of a network, and the name of its values among the network's variables. */
export interface NamedSparseLayer {
  readonly name: string;
  readonly layer: SparseLinearLayer;
}

/**
 * The sparse layers of a network, in order: those in containers that have `layers`, such as `sequential`.
 *
 * @throws {RangeError} if there is none.
 */
export function sparseLayers(net: Layer): NamedSparseLayer[] {
  const found = [...walk(net)];
  if (found.length === 0)
    throw new RangeError(`sparseLayers: the network of kind '${net.kind}' has no sparse layer; make one with sparseLinear().`);
  const names = new Map(Object.entries(net.variables).map(([name, variable]) => [variable, name]));
  return found.map((layer) => ({ layer, name: names.get(layer.variables.values) ?? 'values' }));
}

function* walk(layer: Layer): Generator<SparseLinearLayer> {
  if (layer.kind === 'sparseLinear') yield layer as SparseLinearLayer;
  else for (const part of (layer as { layers?: readonly Layer[] }).layers ?? []) yield* walk(part);
}
