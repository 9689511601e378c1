import { requireFunction, requireInteger, requireList, requireOptions, requireText } from '../validation.ts';
import { layerCost } from './layer-cost.ts';
import { requireGraph, type Layer, type LayerGraph } from './layer.ts';

/** The layers each layer reads, by position: those it names, or the one before it. */
export function predecessors(graph: LayerGraph): number[][] {
  requireGraph(graph);
  const position = new Map<string, number>();
  graph.layers.forEach((layer, i) => {
    if (position.has(layer.name))
      throw new RangeError(
        `graph ${JSON.stringify(graph.name)}: two layers are named ${JSON.stringify(layer.name)}; give each a name of its own`,
      );
    position.set(layer.name, i);
  });
  return graph.layers.map((layer, i) => {
    if (!layer.inputs) return i === 0 ? [] : [i - 1];
    return layer.inputs.map((name) => {
      const from = position.get(name);
      if (from === undefined)
        throw new RangeError(
          `graph ${JSON.stringify(graph.name)}: layer ${JSON.stringify(layer.name)} reads ${JSON.stringify(name)}, which isn't a layer of the graph`,
        );
      return from;
    });
  });
}

/**
 * An order in which every node comes after those it depends on, the smallest index first among equals.
 *
 * @throws RangeError naming the nodes of a cycle
 */
export function topologicalOrder(dependencies: readonly (readonly number[])[], name: (i: number) => string = String): number[] {
  requireFunction('name', name);
  const waiting = requireList('dependencies', dependencies).map((list, i) => requireList(`dependencies[${i}]`, list).length);
  const dependents: number[][] = dependencies.map(() => []);
  dependencies.forEach((list, i) => list.forEach((from) => dependents[from]!.push(i)));
  const ready: number[] = [];
  for (let i = waiting.length - 1; i >= 0; i--) if (waiting[i] === 0) ready.push(i);
  const order: number[] = [];
  while (ready.length > 0) {
    const next = ready.pop()!;
    order.push(next);
    for (const i of dependents[next]!.toReversed()) if (--waiting[i]! === 0) ready.push(i);
  }
  if (order.length < waiting.length)
    throw new RangeError(`the graph has a cycle: ${cycleOf(dependencies, waiting).map(name).join(' -> ')}; break it`);
  return order;
}

function cycleOf(dependencies: readonly (readonly number[])[], waiting: readonly number[]): number[] {
  const path: number[] = [];
  let node = waiting.findIndex((count) => count > 0);
  while (!path.includes(node)) {
    path.push(node);
    node = dependencies[node]!.find((from) => waiting[from]! > 0)!;
  }
  return [node, ...path.slice(path.indexOf(node)).toReversed()];
}

/**
 * A layer graph from code, checked: names unique, inputs known, no cycle, sizes positive.
 *
 * @param name what reports call it
 * @param layers in any order; a layer without `inputs` reads the one before it
 * @param options.batch samples that the sizes hold; 1 when left out
 * @throws RangeError naming the layer at fault
 * @example layerGraph('mlp', [
 *   { name: 'fc1', operation: { type: 'gemm', m: 128, n: 1024, k: 784 } },
 *   { name: 'fc2', operation: { type: 'gemm', m: 128, n: 10, k: 1024 } },
 * ])
 */
export function layerGraph(name: string, layers: readonly Layer[], options: { batch?: number } = {}): LayerGraph {
  const { batch } = requireOptions(options);
  requireText('name', name);
  if (batch !== undefined) requireInteger('options.batch', batch);
  if (requireList('layers', layers).length === 0) throw new RangeError(`graph ${JSON.stringify(name)} has no layers; give it at least one`);
  const graph: LayerGraph = { name, layers, ...(batch !== undefined && { batch }) };
  topologicalOrder(predecessors(graph), (i) => layers[i]!.name);
  for (const layer of layers) layerCost(layer);
  return graph;
}
