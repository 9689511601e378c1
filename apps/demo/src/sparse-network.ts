import { dense, random, sequential, type Key, type Optimizer, type SequentialLayer } from '@x/tensor';
import { layerDensities, rigl, sparseLayers, sparseLinear, withTopology } from '@x/sparse';

/** Part of the hidden layers' weights that exist. */
const DENSITY = 0.05;
/** Keys of the layers are numbered by them, that of the topology far beyond. */
const TOPOLOGY = 1000;

/** Inputs, units and density of each layer; the output is dense. */
function layersOf(sizes: readonly number[]): (readonly [inputs: number, units: number, density: number])[] {
  const shapes = sizes.slice(1).map((units, layer) => [sizes[layer]!, units] as const);
  const densities = layerDensities('erk', shapes.slice(0, -1), DENSITY);
  return shapes.map(([inputs, units], layer) => [inputs, units, densities[layer] ?? 1]);
}

/** A multilayer perceptron of these sizes with sparse hidden layers; the key decides its first links and weights. */
export function sparseNetwork(sizes: readonly number[], key: Key): SequentialLayer {
  return sequential(
    layersOf(sizes).map(([inputs, units, density], layer) =>
      density < 1
        ? sparseLinear(inputs, units, { density, activation: 'relu', key: random.fold(key, layer) })
        : dense(inputs, units, { key: random.fold(key, layer) }),
    ),
  );
}

/** Steps between two changes of the links: a hundred, or fewer in a short run. */
export function stepsApart(steps: number): number {
  return Math.max(1, Math.min(100, Math.floor(steps / 20)));
}

/** The optimizer with RigL around it, which moves 0.3 of the links at first, fewer later, and none in the last quarter. */
export function withRigl(net: SequentialLayer, optimizer: Optimizer, steps: number, seed: number): Optimizer {
  const every = stepsApart(steps);
  const topology = rigl({ every, fraction: 0.3, until: Math.max(every + 1, Math.floor(0.75 * steps)) });
  return withTopology(net, topology, optimizer, { key: random.fold(random.key(seed), TOPOLOGY) });
}

/** How many links leave each input. */
export function inputLinks(net: SequentialLayer): number[] {
  const { pattern } = sparseLayers(net)[0]!.layer;
  const links = new Array<number>(pattern.columns).fill(0);
  for (const column of pattern.indices) links[column]!++;
  return links;
}
