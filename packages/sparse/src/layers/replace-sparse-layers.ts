import { sequential, type Layer, type SequentialLayer } from '@x/tensor';
import { show } from '../validation.ts';
import { partsOf } from './sparse-layers.ts';
import type { SparseLinearLayer } from './sparse-linear.ts';

/** How {@link replaceSparseLayers} goes about it. */
interface Replacement {
  /** Is shown every layer by its name, such as `0.inner.1`, before the first is replaced; throws if that can't be. */
  readonly check?: (name: string, layer: Layer) => void;
  readonly replace: (layer: SparseLinearLayer) => Layer;
}

/**
 * A sequential network with other layers in the places of its sparse ones, those in containers too; layers that hold none are shared.
 *
 * @throws {TypeError} if it is no `sequential`, or has a container with a sparse layer that can't be made with other parts; nothing is
 * replaced then.
 */
export function replaceSparseLayers(where: string, net: SequentialLayer, { check, replace }: Replacement): SequentialLayer {
  if (net?.kind !== 'sequential') throw new TypeError(`${where}: net is ${show(net)}, but must be made by sequential([...]).`);
  /** Whether there is a sparse layer. */
  const visit = (layer: Layer, name: string): boolean => {
    check?.(name, layer);
    const within = Object.entries(partsOf(layer)).filter(([part, own]) => visit(own, name ? `${name}.${part}` : part)).length > 0;
    if (within && layer.kind !== 'sequential' && !layer.withParts)
      throw new TypeError(
        `${where}: layer ${name} of net is of kind '${layer.kind}' and holds a sparse layer, but has no withParts() to put another in its place.`,
      );
    return within || layer.kind === 'sparseLinear';
  };
  const replaced = (layer: Layer): Layer => {
    if (layer.kind === 'sparseLinear') return replace(layer as SparseLinearLayer);
    const parts = Object.entries(partsOf(layer)).map(([name, part]) => [name, part, replaced(part)] as const);
    if (parts.every(([, part, next]) => part === next)) return layer;
    if (layer.kind === 'sequential') return sequential(parts.map(([, , next]) => next));
    return layer.withParts!(Object.fromEntries(parts.map(([name, , next]) => [name, next])));
  };
  visit(net, '');
  return sequential(net.layers.map(replaced));
}
