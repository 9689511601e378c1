import { checkChoice, checkFraction, checkNumber, show } from '../validation.ts';
import { nonZerosOf } from './non-zeros.ts';
import { checkOptions } from '@x/tensor/arguments';

/** How a network's density is shared out among its layers. */
export type DistributionName = 'uniform' | 'er' | 'erk';

const names: readonly DistributionName[] = ['uniform', 'er', 'erk'];

export interface LayerDensitiesOptions {
  /** Density of layers by their index, which the others make up for; 1 keeps a layer dense. */
  readonly fixed?: Readonly<Record<number, number>>;
  /** Exponent of a layer's raw density; only for `er` and `erk`. Default 1. */
  readonly power?: number;
}

/**
 * The density of each layer so that all together have the given one.
 *
 * - `uniform`: each the same.
 * - `er` (Erdős-Rényi): proportional to (in + out) / (in · out), of the last two axes.
 * - `erk`: proportional to sum(shape) / prod(shape), so a convolution's window counts too.
 *
 * For the latter two the factor follows from the number of weights; a layer that would get a density above 1 is made
 * dense and the factor found again for the rest, until none does.
 *
 * @param shapes Sizes of each layer's weight, such as [784, 300].
 * @param density Of all layers together, 0 to 1. Layers in `fixed` do not count towards it.
 * @returns A density a layer.
 * @throws {RangeError} if an argument is out of range.
 * @example
 * layerDensities('erk', [[784, 300], [300, 100], [100, 10]], 0.2); // => [0.16224..., 0.46936..., 1]
 *
 * U. Evci et al., "Rigging the Lottery", 2019, arXiv 1911.11134; er: D. C. Mocanu et al., 2017, arXiv 1707.04780.
 */
export function layerDensities(
  distribution: DistributionName,
  shapes: readonly (readonly number[])[],
  density: number,
  options: LayerDensitiesOptions = {},
): number[] {
  const { fixed = {}, power = 1 } = checkOptions('layerDensities', options);
  const where = 'layerDensities';
  checkChoice(where, 'distribution', distribution, names);
  checkFraction(where, 'density', density);
  checkNumber(where, 'power', power, { above: 0 });
  if (
    !Array.isArray(shapes) ||
    shapes.some((shape) => !Array.isArray(shape) || shape.length < 1 || !shape.every((size) => Number.isInteger(size) && size > 0))
  )
    throw new RangeError(`${where}: shapes is ${show(shapes)}, but must be a list of sizes a layer, such as [[784, 300], [300, 10]].`);
  for (const [index, value] of Object.entries(fixed)) {
    if (!(Number(index) in shapes)) throw new RangeError(`${where}: fixed[${index}] belongs to no layer; there are ${shapes.length}.`);
    checkFraction(where, `fixed[${index}]`, value);
  }
  const size = shapes.map(product);
  if (distribution === 'uniform') return shapes.map((_, layer) => fixed[layer] ?? density);
  const raw = shapes.map((shape) => rawDensity(distribution === 'er' ? shape.slice(-2) : shape) ** power);
  // Each layer's share in whole weights, as RigL's code counts: the sum may be greater by one a layer.
  const kept = size.map((own) => nonZerosOf(density, own));
  const free = shapes.map((_, layer) => layer).filter((layer) => !(layer in fixed));
  const dense = new Set<number>();
  for (;;) {
    const rest = free.filter((layer) => !dense.has(layer));
    const wanted = total(free, kept) - total([...dense], size);
    const factor = rest.length === 0 ? 0 : wanted / rest.reduce((sum, layer) => sum + raw[layer]! * size[layer]!, 0);
    const most = Math.max(0, ...rest.map((layer) => raw[layer]!));
    if (factor * most <= 1) return shapes.map((_, layer) => fixed[layer] ?? (dense.has(layer) ? 1 : Math.max(0, factor * raw[layer]!)));
    for (const layer of rest) if (raw[layer] === most) dense.add(layer);
  }
}

/**
 * The density of an Erdős-Rényi layer by SET's epsilon: min(1, epsilon (inputs + units) / (inputs · units)).
 *
 * @example
 * erdosRenyiDensity(784, 1000, 13); // => 0.02958...
 */
export function erdosRenyiDensity(inputs: number, units: number, epsilon: number): number {
  checkNumber('erdosRenyiDensity', 'inputs', inputs, { least: 1, whole: true });
  checkNumber('erdosRenyiDensity', 'units', units, { least: 1, whole: true });
  checkNumber('erdosRenyiDensity', 'epsilon', epsilon, { least: 0 });
  return Math.min(1, epsilon * rawDensity([inputs, units]));
}

function rawDensity(shape: readonly number[]): number {
  return shape.reduce((sum, size) => sum + size, 0) / product(shape);
}
function product(shape: readonly number[]): number {
  return shape.reduce((all, size) => all * size, 1);
}
function total(layers: readonly number[], size: readonly number[]): number {
  return layers.reduce((sum, layer) => sum + size[layer]!, 0);
}
