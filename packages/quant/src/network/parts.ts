import type { Conv2dLayer, Layer, SequentialLayer } from '@x/tensor';
import { show } from '../validation.ts';

/** A layer of a network and its place, such as `2`, or `2.0` in a nested sequence. */
export interface NamedPart {
  readonly name: string;
  readonly layer: Layer;
}

/**
 * A network's layers in order, sequences unrolled. A layer alone is called `0`, or as it is told.
 *
 * @throws {TypeError} if it is no layer.
 */
export function partsOf(where: string, net: Layer, name?: string): NamedPart[] {
  if (typeof net?.apply !== 'function' || typeof net.variables !== 'object')
    throw new TypeError(`${where}: net is ${show(net)}, but must be a layer, such as sequential([...]).`);
  return net.kind === 'sequential' ? unrolled(net, name ?? '') : [{ name: name ?? '0', layer: net }];
}

function unrolled(layer: Layer, name: string): NamedPart[] {
  if (layer.kind !== 'sequential') return [{ name, layer }];
  return (layer as SequentialLayer).layers.flatMap((part, index) => unrolled(part, name === '' ? String(index) : `${name}.${index}`));
}

/** Whether a layer is a container that can be made anew of other parts. */
export function isComposite(layer: Layer): boolean {
  return layer.kind !== 'sequential' && layer.parts !== undefined && layer.withParts !== undefined;
}

/** Kinds of layers that can be trained as if they had few bits. */
const kinds: readonly string[] = [
  ...['dense', 'conv2d', 'depthwiseConv2d', 'activation', 'flatten', 'unflatten', 'dropout'],
  ...['maxPool2d', 'averagePool2d', 'globalAveragePool', 'globalMaxPool'],
];

/** Layers of other kinds. */
export function othersOf(
  parts: readonly NamedPart[],
  supported: (layer: Layer) => boolean = (layer) =>
    kinds.includes(layer.kind) && (layer.kind !== 'conv2d' || (layer as Conv2dLayer).groups === 1),
): NamedPart[] {
  return parts.filter(({ layer }) => !supported(layer));
}

/** An error that names layers and says what would do. */
export function unsupportedError(
  where: string,
  others: readonly NamedPart[],
  remedy: string = `What can is ${kinds.join(', ')}, and sequences of them.`,
): TypeError {
  return new TypeError(
    `${where}: ${others.map(({ name, layer }) => `layer ${name} (${layer.kind})`).join(', ')} can't be quantized. ${remedy}`,
  );
}
