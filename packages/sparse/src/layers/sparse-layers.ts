import type { Layer } from '@x/tensor';
import { show } from '../validation.ts';
import type { BlockLinearLayer } from './block-linear.ts';
import type { SparseLinearLayer } from './sparse-linear.ts';

type Kind = SparseLinearLayer | BlockLinearLayer;

/** A sparse layer of a network, and the name of its values among the network's variables. */
export interface NamedSparseLayer<Of extends Kind = SparseLinearLayer> {
  readonly name: string;
  readonly layer: Of;
}

/**
 * The sparse layers of a network whose topology may change, in order, those in containers too, which have `layers` or
 * `parts`, such as `sequential` and `residual`. Layers of blocks are not among them.
 *
 * @throws {RangeError} if there is none.
 */
export function sparseLayers(net: Layer): NamedSparseLayer[] {
  return named(net, 'sparseLayers', ['sparseLinear']) as NamedSparseLayer[];
}

/** The sparse layers of a network of every kind. */
export function sparseLayersOfEveryKind(where: string, net: Layer): NamedSparseLayer<Kind>[] {
  return named(net, where, ['sparseLinear', 'blockLinear']);
}

function named(net: Layer, where: string, kinds: readonly string[]): NamedSparseLayer<Kind>[] {
  if (typeof net?.kind !== 'string') throw new TypeError(`${where}: net is ${show(net)}, but must be a layer, such as sequential([...]).`);
  const found = [...walk(net, kinds)];
  if (found.length === 0)
    throw new RangeError(
      `${where}: the network of kind '${net.kind}' has no sparse layer${kinds.length > 1 ? '' : ' whose topology may change'}; make one with sparseLinear().`,
    );
  const names = new Map(Object.entries(net.variables).map(([name, variable]) => [variable, name]));
  return found.map((layer) => ({ layer, name: names.get(layer.variables.values) ?? 'values' }));
}

function* walk(layer: Layer, kinds: readonly string[]): Generator<Kind> {
  if (kinds.includes(layer.kind)) yield layer as Kind;
  else for (const part of Object.values(partsOf(layer))) yield* walk(part, kinds);
}

/** The layers within a container, by name; none of a layer that is none. */
export function partsOf(layer: Layer): Readonly<Record<string, Layer>> {
  return Object.fromEntries(Object.entries((layer as { layers?: readonly Layer[] }).layers ?? layer.parts ?? {}));
}
