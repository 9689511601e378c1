import { topologicalOrder } from '../graph/layer-graph.ts';
import type { PlacementGraph } from './placement-graph.ts';

/** Sets of groups that hold, with each group, all it depends on in the forward direction; `next[i]` are those with one more group. */
export interface Ideals {
  readonly count: number;
  /** Whether ideal `i` holds group `g`. */
  readonly holds: (i: number, g: number) => boolean;
  readonly next: readonly number[][];
}

/** For each group, the groups whose forward outputs its forward nodes read. */
export function forwardDependencies(graph: PlacementGraph): number[][] {
  const needs = Array.from({ length: graph.groups }, () => new Set<number>());
  for (const node of graph.nodes)
    if (!node.backward)
      for (const consumer of node.consumers) {
        const other = graph.nodes[consumer]!;
        if (!other.backward && other.group !== node.group) needs[other.group]!.add(node.group);
      }
  return needs.map((set) => [...set]);
}

/**
 * All ideals of a graph's forward part, from the empty one on, each after those it contains.
 *
 * @param limit refuse beyond so many: wide graphs have exponentially many
 * @throws RangeError when there are more, or the groups form a cycle
 */
export function enumerateIdeals(graph: PlacementGraph, limit = 200_000): Ideals {
  const needs = forwardDependencies(graph);
  topologicalOrder(needs, (g) => `group ${g}`);
  const words = Math.max(1, Math.ceil(graph.groups / 32));
  const sets: Uint32Array[] = [new Uint32Array(words)];
  const number = new Map<string, number>([[sets[0]!.join(), 0]]);
  const next: number[][] = [[]];
  for (let i = 0; i < sets.length; i++) {
    const set = sets[i]!;
    for (let g = 0; g < graph.groups; g++) {
      if (has(set, g) || !needs[g]!.every((other) => has(set, other))) continue;
      const larger = set.slice();
      larger[g >> 5]! |= 1 << (g & 31);
      const key = larger.join();
      let found = number.get(key);
      if (found === undefined) {
        found = sets.length;
        if (found >= limit)
          throw new RangeError(
            `the graph has more than ${limit} ideals; the exact placement would take too long: coarsen the graph, or use a search`,
          );
        number.set(key, found);
        sets.push(larger);
        next.push([]);
      }
      next[i]!.push(found);
    }
  }
  return { count: sets.length, holds: (i, g) => has(sets[i]!, g), next };
}

function has(set: Uint32Array, g: number): boolean {
  return ((set[g >> 5]! >>> (g & 31)) & 1) === 1;
}
